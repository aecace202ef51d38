import { eraAt, isByBlock } from '../../shared/domain/calendar.ts'
import { type BusEvent, positionOf } from '../../shared/domain/event.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import type { Quarantined } from '../../shared/ingest/ports.ts'
import { textOf } from '../../shared/store/attributes.ts'
import { QUARANTINE } from '../../shared/store/keys.ts'
import { eventIn } from './counted.ts'
import type { Simulation } from './simulation.ts'

/** What the reasons for a refusal are held against. */
interface Truth {
  /** All versions of the policy. */
  policies: readonly Policy[]
  /** How far the network's clock has come in the end, ms; undefined on a wall clock. */
  clock: number | undefined
  /** Whether a machine that read messages had a wrong clock. */
  isTimeWrong: boolean
  /** How many ways there were to say what was sent under a key. */
  contents: ReadonlyMap<string, ReadonlySet<string>>
}

/** Whatever is or was in quarantine is there for a reason that holds: a line for each that is not so. */
export async function wronglyRefused(sim: Simulation): Promise<string[]> {
  const truth = await truthOf(sim)
  const ids: string[] = []
  for (const { item } of sim.database.history())
    if (textOf(item, 'pk') === QUARANTINE) ids.push(textOf(item, 'sk'))
  const refused = (await sim.store.quarantine.read(ids)).filter((one) => one !== undefined)
  return refused
    .filter((one) => !isRight(one, truth))
    .map(
      ({ detailType, original, rule, message, value }) =>
        `${detailType} ${original} was put into quarantine by the rule ${rule} (${message}: ${value}), which it keeps`,
    )
}

function isRight(refused: Quarantined, truth: Truth): boolean {
  const { form, detailType, original, rule } = refused
  // What is sent here has the form of a message.
  if (form === 'message') return false
  const event = eventIn(detailType, JSON.parse(original))
  return (
    event === undefined || truth.policies.some((policy) => isRefusable(event, refused, rule, policy, truth))
  )
}

function isRefusable(
  event: BusEvent,
  { receivedAt }: Quarantined,
  rule: string,
  policy: Policy,
  { clock, isTimeWrong, contents }: Truth,
): boolean {
  const { calendar, lateness } = policy.era
  switch (rule) {
    case 'kind':
      return (
        'kind' in event &&
        !Object.hasOwn(event.name === 'FeeCharged' ? policy.income : policy.costs, event.kind)
      )
    case 'group':
      return 'group' in event && !Object.hasOwn(policy.groups, event.group)
    case 'obligation':
      return (
        'obligation' in event && !JSON.stringify(policy.stages, bigAsText).includes(`"${event.obligation}"`)
      )
    case 'asset':
      return 'asset' in event && !policy.payout.assets?.includes(event.asset)
    case 'block':
      return isByBlock(calendar) && event.block === undefined
    case 'era.origin':
      return eraAt(calendar, positionOf(event, calendar)) < 0
    case 'era.ahead':
      // Nothing is sent before it happens.
      return isTimeWrong
    case 'era.lateness':
      return isTimeWrong || event.occurredAt < (clock ?? receivedAt) - lateness
    case 'id':
      return (contents.get(keyOf(event))?.size ?? 0) > 1
    case 'payout.state':
      return event.name === 'PayoutConfirmed' || event.name === 'PayoutFailed'
    default:
      return false
  }
}

async function truthOf({ store, queue, faults }: Simulation): Promise<Truth> {
  const newest = (await store.state.read())?.policyVersion ?? 0
  const numbers = Array.from({ length: newest }, (_, before) => before + 1)
  const policies = await Promise.all(
    numbers.map(async (number) => (await store.policies.read(number)).policy),
  )
  const { watermark, advancedTo, latest } = await store.clock.read()
  const era = policies[0]?.era
  const reached = era && isByBlock(era.calendar) ? latest : Math.max(watermark, advancedTo)
  const contents = new Map<string, Set<string>>()
  for (const { body } of queue.sent) {
    const { 'detail-type': type, detail } = JSON.parse(body)
    for (const data of [detail.data].flat()) {
      const event = eventIn(type, data)
      if (!event) continue
      const key = keyOf(event)
      contents.set(key, (contents.get(key) ?? new Set()).add(JSON.stringify(event, bigAsText)))
    }
  }
  return {
    policies,
    clock: era?.clock === 'wall' ? undefined : reached,
    isTimeWrong: faults.happened.some(
      ({ kind, place }) => (kind === 'skewed' || kind === 'jump') && place.includes('ingest'),
    ),
    contents,
  }
}

function keyOf({ name, id }: BusEvent): string {
  return `${name} ${id}`
}

function bigAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
