import { setTimeout as sleep } from 'node:timers/promises'
import { PARTITIONS } from '../../shared/domain/account.ts'
import { SHARDS } from '../../shared/domain/settle.ts'
import { range } from '../../shared/settlement/network.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { tick } from '../../shared/settlement/tick.ts'
import type { Store } from '../../shared/store/table.ts'
import { START_MS } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'
import { creditEach } from './baseline/credits.ts'
import { counting, openWorld, silently, type Units, type World } from './lambda.ts'
import { type Figure, type Size, took } from './measure.ts'
import {
  AFTER_FIRST_ERA,
  assertExact,
  charge,
  type Population,
  populate,
  population,
  populationPolicy,
} from './population.ts'

/** The usual way is measured on so many: it takes the same for each. */
const BASELINE_ACCOUNTS = 20_000

/**
 * One era of many accounts in one group: the state machine on the whole local host for its seconds, and once more
 * step by step for what every function takes. Each is checked to the unit.
 */
export async function settle({ tiny, accounts }: Size): Promise<Figure[]> {
  const people = population(tiny ? 200 : accounts)
  const { seconds, transitions } = await settleOnHost(people)
  const steps = await settleStepByStep(people)
  const usualSeconds = await creditUsually(population(tiny ? 100 : BASELINE_ACCOUNTS))
  const count = people.accounts.length
  const units = totalOf(steps)
  const name = `${count.toLocaleString('en-US')} accounts`
  const figure = (what: string, value: number, unit: string, more: Partial<Figure> = {}): Figure => ({
    bench: 'settle',
    what: `${name}: ${what}`,
    value,
    unit,
    ...more,
  })
  return [
    figure('the whole state machine', seconds, 's', { target: { atMost: 90 } }),
    figure('accounts paid, exact to the unit', count / seconds, 'accounts/s', {
      baseline: { what: 'an update per account', value: usualSeconds },
    }),
    figure('write units an account', units.write / count, 'units', {
      baseline: { what: 'an update per account', value: 1 },
      target: { atMost: 0.2 },
    }),
    figure('read units an account', units.read / count, 'units', { target: { atMost: 0.1 } }),
    figure('times the baseline', count / seconds / usualSeconds, 'x', { target: { atLeast: 20 } }),
    figure('state transitions', transitions, ''),
    ...Object.entries(steps).map(([step, { cpuMs }]) => figure(`CPU of ${step}`, cpuMs / 1_000, 's')),
  ]
}

async function settleOnHost(people: Population): Promise<{ seconds: number; transitions: number }> {
  const service = await startService(populationPolicy)
  try {
    await populate(service.store, people, SHARDS)
    const { wallMs } = await took(() => settleFirstEra(service))
    await assertExact(service.store, people, PARTITIONS)
    return { seconds: wallMs / 1_000, transitions: transitionsOf() }
  } finally {
    await service.close()
  }
}

const POLL_MS = 20

/** Closes the first era and waits for the end of its execution, however long it takes. Throws where it fails. */
export async function settleFirstEra({ host }: Service): Promise<void> {
  await host.invoke(host.outputs.TickFunctionName as string, { advanceTo: AFTER_FIRST_ERA })
  for (;;) {
    const [execution] = host.executions()
    if (execution?.status === 'SUCCEEDED') return
    if (execution && execution.status !== 'RUNNING')
      throw new Error(`${execution.name} ${execution.status}: ${execution.error} ${execution.cause}`)
    await sleep(POLL_MS)
  }
}

/**
 * States that an execution enters and leaves: close, is it sealed, wait, is it empty, three maps, decide, seal, publish; for
 * each shard a fold; for each partition a weigh, and a credit with its question and its end.
 */
export function transitionsOf(shards = SHARDS, partitions = PARTITIONS): number {
  return 10 + shards + partitions + 3 * partitions
}

/**
 * The steps of the state machine one after the other through the functions' handlers, in this process: of an era in
 * which each account has so many events.
 */
export async function settleStepByStep(people: Population, eventsEach = 1): Promise<Steps> {
  const world = await openWorld()
  try {
    await openNetwork(world.store, populationPolicy, START_MS)
    await populate(world.store, people, SHARDS)
    const fees = await charge(world.store, people.accounts.length * (eventsEach - 1), { shards: SHARDS })
    await closeFirstEra(world.store)
    const { result } = await silently(() => runSteps(world))
    await assertExact(world.store, { ...people, profit: people.profit + fees }, PARTITIONS)
    return result
  } finally {
    await world.stop()
  }
}

/** Closes the first era. Its steps are left to the caller. */
export async function closeFirstEra(store: Store): Promise<void> {
  const executions = { start: async () => 'started' as const }
  const deps = { store, executions, now: () => START_MS, policyJson: () => populationPolicy }
  await tick(deps, { advanceTo: AFTER_FIRST_ERA })
}

/** In their order; `publish` only tells the bus. */
export const STEPS = ['close', 'fold', 'weigh', 'decide', 'credit', 'seal'] as const
export type StepName = (typeof STEPS)[number]
export type Steps = Record<StepName, Step>

/** What one function took in all its invocations. */
export interface Step extends Units {
  invocations: number
  cpuMs: number
  wallMs: number
}

/** What the state machine calls a step with: once an era, for each shard or for each partition. */
export function inputsOf(step: string, shards: readonly number[], partitions: readonly number[]): object[] {
  if (step === 'fold') return shards.map((shard) => ({ era: 0, shard }))
  if (step === 'weigh' || step === 'credit') return partitions.map((partition) => ({ era: 0, partition }))
  return [{ era: 0 }]
}

export async function runSteps(world: World): Promise<Steps> {
  const steps: [StepName, Step][] = []
  for (const name of STEPS) {
    const handler = await world.handler<object, unknown>(`settlement/${name}`)
    const inputs = inputsOf(name, range(SHARDS), range(PARTITIONS))
    let time = { cpuMs: 0, wallMs: 0 }
    const units = await counting(async () => {
      time = await took(async () => {
        for (const input of inputs) await handler(input)
      })
    })
    steps.push([name, { ...units, ...time, invocations: inputs.length }])
  }
  return Object.fromEntries(steps) as Steps
}

export function totalOf(steps: Steps): Units {
  const all = Object.values(steps)
  return {
    read: all.reduce((sum, { read }) => sum + read, 0),
    write: all.reduce((sum, { write }) => sum + write, 0),
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
  }
}

/** Accounts a second. */
async function creditUsually({ accounts, work }: Population): Promise<number> {
  const world = await openWorld()
  try {
    const credits = accounts.map((account, i) => ({ account, amount: work[i] as bigint }))
    const { wallMs } = await took(() => creditEach(world.engine, 0, credits))
    return (accounts.length / wallMs) * 1_000
  } finally {
    await world.stop()
  }
}
