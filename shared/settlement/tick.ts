import { ExchequerError } from '../domain/errors.ts'
import { dueEras, parseAdvance } from './clock.ts'
import { stateOf } from './network.ts'
import { openNetwork } from './open.ts'
import type { Executions, SettlementStore } from './ports.ts'
import { policyOf } from './versions.ts'

/** Policy versions that one tick goes through: a clock that leaps is followed tick by tick. */
const MAX_VERSIONS_PER_TICK = 20

/** How often an era is tried again by itself before a person has to look. */
const MAX_ATTEMPTS = 10

export interface TickDeps {
  store: SettlementStore
  executions: Executions
  /** Wall clock, ms. */
  now: () => number
  /** The policy that a network which has not been opened yet begins with. */
  policyJson: () => unknown
}

export interface TickResult {
  openEra: number
  closedThrough: number
  sealedThrough: number
}

/**
 * The heartbeat of a network: opens it if it is new, closes every era that is due at once, and sees that the oldest
 * one not sealed is being settled. `advanceTo` (a position) is an operator's word that all before it has been sent.
 */
export async function tick(
  deps: TickDeps,
  { advanceTo }: { advanceTo?: number | string | undefined },
): Promise<TickResult> {
  const { store, executions, now } = deps
  if (!(await store.state.read())) await openNetwork(store, deps.policyJson(), now())
  if (advanceTo !== undefined) {
    const { policy } = await policyOf(store, (await stateOf(store)).openEra)
    await store.clock.advance(parseAdvance(policy, advanceTo))
  }
  // Once for each policy version that the clock has passed: an era is closed by the grace of its own.
  for (let steps = 0; steps < MAX_VERSIONS_PER_TICK && (await closeDue(deps)); steps += 1);
  return startNext({ store, executions })
}

/** Closes every era that is due and ruled by the open era's policy version. Answers whether eras of the next may be due. */
async function closeDue({ store, now }: TickDeps): Promise<boolean> {
  const { closedThrough, openEra } = await stateOf(store)
  const { policy, through } = await policyOf(store, openEra)
  const clock = await store.clock.read()
  const due = dueEras(policy, clock, closedThrough, now())
  if (JSON.stringify(due.passed) !== JSON.stringify(clock.passed)) await store.clock.recordPassed(due.passed)
  const last = Math.min(due.through, through)
  return last > closedThrough && (await store.state.close(closedThrough, last, now())) && last < due.through
}

/** Starts settling the oldest era that is closed and not sealed, unless that is under way. */
export async function startNext({
  store,
  executions,
}: Pick<TickDeps, 'store' | 'executions'>): Promise<TickResult> {
  const { openEra, closedThrough, sealedThrough } = await stateOf(store)
  if (sealedThrough < closedThrough) await start(executions, sealedThrough + 1)
  return { openEra, closedThrough, sealedThrough }
}

/** An execution that has ended and left its era unsealed has failed: the next attempt goes on where it stopped. */
async function start(executions: Executions, era: number): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if ((await executions.start(`era-${era}-${attempt}`, { era })) !== 'ended') return
  }
  throw new ExchequerError(
    'SettlementStuck',
    `era ${era} was not sealed by ${MAX_ATTEMPTS} attempts: a person has to look at the last execution`,
  )
}
