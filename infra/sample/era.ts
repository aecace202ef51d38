import { eraEnd, eraStart, formatMoment, isByBlock } from '../../shared/domain/calendar.ts'
import { max } from '../../shared/domain/money.ts'
import { groupOf } from '../../shared/domain/policy/columns.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import type { GroupNeeds } from './needs.ts'
import type { Random } from './random.ts'
import type { SampleEvent } from './sample.ts'

interface Given {
  policy: Policy
  needs: GroupNeeds[]
  participants: string[]
  random: Random
  era: number
  fees: number
}

/** Costs of an era in percent of its fees: a good era, one with a loss, a good one, and so on. */
const COST_PERCENT = [35n, 130n, 30n] as const
const COSTS_PER_ERA = 150
const DUES_PER_ERA = 40
/** Dues of an era in percent of its fees, shared by the obligations. */
const DUE_PERCENT = 20n
const REPORTS_PER_ERA = { sum: 4, last: 2, max: 2 }
/** Accounts that pay fees and earn nothing. */
const PAYERS = 500
/** Networks with eras by block make a block every six seconds; block 0 was made here. */
const BLOCK_MS = 6_000
const FIRST_BLOCK_AT = Date.UTC(2026, 0, 1)

/** Makes the events of one era. */
export class SampleEra {
  readonly #given: Given
  readonly #from: number
  readonly #to: number
  readonly #made: { at: number; event: SampleEvent }[] = []
  #count = 0

  constructor(given: Given) {
    this.#given = given
    this.#from = eraStart(given.policy.era.calendar, given.era)
    this.#to = eraEnd(given.policy.era.calendar, given.era)
  }

  /** All events of the era in the order they happened. */
  events(): SampleEvent[] {
    const charged = this.#fees()
    this.#costs((charged * (COST_PERCENT[this.#given.era % COST_PERCENT.length] as bigint)) / 100n)
    this.#dues((charged * DUE_PERCENT) / 100n)
    for (const [index, group] of this.#given.needs.entries()) this.#group(group, this.#membersOf(index))
    return this.#made.sort((a, b) => a.at - b.at).map(({ event }) => event)
  }

  #membersOf(group: number): string[] {
    const { participants, needs } = this.#given
    return participants.filter((_, index) => index % needs.length === group)
  }

  #add(name: string, prefix: string, at: number, fields: Record<string, unknown>): void {
    const { policy, era } = this.#given
    const byBlock = isByBlock(policy.era.calendar)
    this.#count += 1
    const data = {
      id: `${prefix}-${era}-${this.#count}`,
      ...fields,
      occurredAt: formatMoment(byBlock ? FIRST_BLOCK_AT + at * BLOCK_MS : at),
      ...(byBlock && { block: at }),
    }
    this.#made.push({ at, event: { name, data } })
  }

  /** A position of this era, any as likely as the others. */
  #anywhere(): number {
    const { random } = this.#given
    return this.#from + Number(random.between(0n, BigInt(this.#to - this.#from - 1)))
  }

  #fees(): bigint {
    const { policy, random, fees } = this.#given
    const kinds = Object.entries(policy.income)
    if (kinds.length === 0) return 0n
    const average = averageFee(policy, fees)
    let charged = 0n
    for (let fee = 0; fee < fees; fee += 1) {
      const [kind, { recognise }] = kinds[
        Math.min(random.below(kinds.length), random.below(kinds.length))
      ] as (typeof kinds)[number]
      const at = this.#anywhere()
      const amount = skewed(random, average)
      charged += amount
      this.#add('FeeCharged', kind, at, {
        kind,
        amount: amount.toString(),
        ...(this.#isPaidByParticipants()
          ? { payer: this.#payer() }
          : random.once(3) && { payer: this.#stranger() }),
        ...(recognise === 'ratable' && { spread: this.#spread(at) }),
      })
    }
    return charged
  }

  #isPaidByParticipants(): boolean {
    return this.#given.needs.some(({ feesPaid }) => feesPaid)
  }

  #stranger(): string {
    return `0x${(this.#given.random.below(PAYERS) + 1).toString(16).padStart(40, '0')}`
  }

  #payer(): string {
    const { participants, random } = this.#given
    return random.pick(participants)
  }

  /** From now until one to two lengths of an era later. */
  #spread(at: number): Record<string, unknown> {
    const { policy, random } = this.#given
    const length = this.#to - this.#from
    const to = at + length + Number(random.between(0n, BigInt(length)))
    return isByBlock(policy.era.calendar)
      ? { from: at, to }
      : { from: formatMoment(at), to: formatMoment(to) }
  }

  #costs(total: bigint): void {
    const { policy, random } = this.#given
    const kinds = Object.keys(policy.costs)
    if (kinds.length === 0) return
    for (const [index, amount] of portions(random, total, COSTS_PER_ERA).entries()) {
      const kind = random.pick(kinds)
      this.#add('CostIncurred', kind, this.#anywhere(), {
        kind,
        amount: amount.toString(),
        // Every tenth was paid by the network itself; the others are paid back to who paid them.
        ...(index % 10 > 0 && { payer: this.#payer() }),
        details: { cores: random.below(4) + 1, region: random.pick(['eu', 'us', 'ap']) },
      })
    }
  }

  #dues(total: bigint): void {
    const { policy, needs, random } = this.#given
    const owing = policy.stages.flatMap((stage) =>
      'take' in stage
        ? stage.take.flatMap((line) => ('obligation' in line ? [{ ...line, group: groupOf(line.to) }] : []))
        : [],
    )
    for (const { obligation, group } of owing) {
      const members = this.#membersOf(
        Math.max(
          0,
          needs.findIndex(({ name }) => name === group),
        ),
      )
      for (const amount of portions(random, total / BigInt(owing.length), DUES_PER_ERA)) {
        this.#add('ObligationDue', obligation, this.#anywhere(), {
          obligation,
          account: random.pick(members),
          amount: amount.toString(),
        })
      }
    }
  }

  #group(group: GroupNeeds, members: string[]): void {
    if (group.registered) this.#roles(group, members)
    for (const [metric, points] of group.metrics) this.#reports(metric, points, members)
    if (group.locks) this.#stakes(group.locks, members)
  }

  /** All are active from the first moment; in later eras one is suspended and another leaves. */
  #roles({ name: group }: GroupNeeds, members: string[]): void {
    const { era, random } = this.#given
    if (era === 0) {
      for (const account of members)
        this.#add('ParticipantChanged', group, this.#from, { group, account, status: 'active' })
      return
    }
    for (const status of ['suspended', 'left']) {
      this.#add('ParticipantChanged', group, this.#anywhere(), {
        group,
        account: random.pick(members),
        status,
      })
    }
  }

  #reports(metric: string, points: bigint[], members: string[]): void {
    const { policy, random } = this.#given
    const times = REPORTS_PER_ERA[policy.metrics[metric] ?? 'sum']
    for (const account of members) {
      for (let report = 0; report < times; report += 1) {
        const value = points.length > 0 ? around(random, random.pick(points)) : random.between(1n, 250n)
        this.#add('MetricReported', metric, this.#anywhere(), { account, metric, value: value.toString() })
      }
    }
  }

  #stakes(locks: number[], members: string[]): void {
    const { policy, era, random } = this.#given
    const unit = 10n ** BigInt(policy.asset.decimals)
    for (const account of members) {
      if (era > 0 && !random.once(10)) continue
      this.#add('StakeReported', 'stake', era === 0 ? this.#from : this.#anywhere(), {
        account,
        amount: (random.between(1n, 10_000n) * unit).toString(),
        lockSeconds: random.pick(locks),
      })
    }
  }
}

/** Such that an era brings 40 whole units of the asset at least, and is far above the policy's minimum. */
function averageFee({ asset, minimum }: Policy, fees: number): bigint {
  return max(max(40n * 10n ** BigInt(asset.decimals), 100n * minimum) / BigInt(fees), 1_000n)
}

/** Many small fees, few great ones; the mean is close to `average`. */
function skewed(random: Random, average: bigint): bigint {
  const drawn = random.below(100)
  if (drawn < 80) return random.between(average / 5n, average)
  return drawn < 98 ? random.between(average, 2n * average) : random.between(5n * average, 20n * average)
}

/** `total` in `count` unequal parts above 0 that add up to it. */
function portions(random: Random, total: bigint, count: number): bigint[] {
  let left = total
  const parts: bigint[] = []
  for (let rest = BigInt(count); rest > 1n && left > rest; rest -= 1n) {
    const part = random.between(left / (rest * 2n), (left * 3n) / (rest * 2n)) || 1n
    parts.push(part)
    left -= part
  }
  return left > 0n ? [...parts, left] : parts
}

/** A little below or above a point, so that both sides of a step occur. */
function around(random: Random, point: bigint): bigint {
  const margin = point / 200n + 1n
  return random.between(point > margin ? point - margin : 0n, point + margin)
}
