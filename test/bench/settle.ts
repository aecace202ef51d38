import { setTimeout as sleep } from 'node:timers/promises'
import { PARTITIONS } from '../../shared/domain/account.ts'
import { SHARDS } from '../../shared/domain/settle.ts'
import type { ClosedEra } from '../../shared/settlement/close.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { tick } from '../../shared/settlement/tick.ts'
import { START_MS } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'
import { creditEach } from './baseline/credits.ts'
import { counting, openWorld, silently, type Units, type World } from './lambda.ts'
import { type Figure, type Size, took } from './measure.ts'
import {
  AFTER_FIRST_ERA,
  assertExact,
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
async function settleFirstEra({ host }: Service): Promise<void> {
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

export type Steps = Record<'close' | 'fold' | 'weigh' | 'decide' | 'credit' | 'seal', Step>

export interface Step extends Units {
  invocations: number
  cpuMs: number
  wallMs: number
}

/** The steps of the state machine one after the other through the functions' handlers, in this process. */
export async function settleStepByStep(people: Population): Promise<Steps> {
  const world = await openWorld()
  try {
    await openNetwork(world.store, populationPolicy, START_MS)
    await populate(world.store, people, SHARDS)
    const executions = { start: async () => 'started' as const }
    const clock = { store: world.store, executions, now: () => START_MS, policyJson: () => populationPolicy }
    await tick(clock, { advanceTo: AFTER_FIRST_ERA })
    const { result } = await silently(() => runSteps(world))
    await assertExact(world.store, people, PARTITIONS)
    return result
  } finally {
    await world.stop()
  }
}

async function runSteps(world: World): Promise<Steps> {
  const measure = async <Input>(entry: string, inputs: readonly Input[]): Promise<[Step, unknown[]]> => {
    const handler = await world.handler<Input, unknown>(`settlement/${entry}`)
    const answers: unknown[] = []
    let time = { cpuMs: 0, wallMs: 0 }
    const units = await counting(async () => {
      time = await took(async () => {
        for (const input of inputs) answers.push(await handler(input))
      })
    })
    return [{ ...units, ...time, invocations: inputs.length }, answers]
  }
  const [close, [closed]] = await measure('close', [{ era: 0 }])
  const { shards, partitions } = closed as ClosedEra
  const [fold] = await measure('fold', shards)
  const [weigh] = await measure('weigh', partitions)
  const [decide] = await measure('decide', [{ era: 0 }])
  const [credit] = await measure('credit', partitions)
  const [seal] = await measure('seal', [{ era: 0 }])
  return { close, fold, weigh, decide, credit, seal }
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
