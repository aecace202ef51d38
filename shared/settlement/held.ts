import type { Account } from '../domain/account.ts'
import { ExchequerError } from '../domain/errors.ts'
import { type HeldDecision, type HeldWeights, placesOf } from '../domain/held.ts'
import type { WeightRow } from '../domain/weights.ts'
import { required, stateOf } from './network.ts'
import type { SettlementStore, StoredDecision } from './ports.ts'

/** How often a decision may meet the end of the open era before whoever makes it has to say it again. */
const MAX_ERAS_MET = 5

/**
 * Decides what becomes of a held era: `pay` by its frozen plan, or `return` to the pool. Done in the era that is
 * open now, when that is settled. The same decision again answers with the first. Throws `EraNotHeld`,
 * `AlreadyDecided`, `StepMissing` where the era has no plan yet.
 */
export async function decideHeld(
  { store, now }: { store: Pick<SettlementStore, 'state' | 'plans' | 'decisions'>; now: () => number },
  { era, decision, by }: { era: number; decision: StoredDecision['decision']; by: string },
): Promise<StoredDecision> {
  const { sealedThrough } = await stateOf(store)
  const held = era <= sealedThrough ? (await store.plans.read(era))?.held : undefined
  if (!held)
    throw new ExchequerError(
      'EraNotHeld',
      `only an era that is sealed HELD can be decided: era ${era} is not`,
    )
  for (let met = 0; met < MAX_ERAS_MET; met += 1) {
    const { openEra } = await stateOf(store)
    const stored = await store.decisions.commit({ era, decision, doneIn: openEra, by, at: now() })
    if (stored && stored.decision !== decision) {
      throw new ExchequerError(
        'AlreadyDecided',
        `era ${era} was decided: ${stored.decision}, by ${stored.by}, done in era ${stored.doneIn}`,
      )
    }
    if (stored) return stored
  }
  throw new ExchequerError('StoreBusy', `${MAX_ERAS_MET} eras closed while era ${era} was decided`)
}

/** What is done in `era` of what was decided of earlier ones, by held era. */
export async function heldDecisions(store: SettlementStore, era: number): Promise<HeldDecision[]> {
  const decisions = await store.decisions.doneIn(era)
  return Promise.all(
    decisions.map(async ({ era: heldEra, decision }) => {
      const plan = required(await store.plans.read(heldEra), `the plan of era ${heldEra}`)
      return { era: heldEra, decision, held: required(plan.held, `what era ${heldEra} holds`) }
    }),
  )
}

/** The weights of held eras that are paid in `era`, as they were frozen. */
export async function heldWeights(
  store: SettlementStore,
  era: number,
  partition: number,
): Promise<{ held?: HeldWeights }> {
  const places = placesOf(await heldDecisions(store, era))
  if (places.columns.length === 0) return {}
  const rows = new Map<number, Map<Account, WeightRow>>()
  for (const heldEra of new Set(places.columns.map((place) => place.era))) {
    const header = required(
      await store.weights.read(heldEra, partition),
      `the weights of partition ${partition} of era ${heldEra}`,
    )
    const own = new Map<Account, WeightRow>()
    for await (const row of store.weights.rows(heldEra, partition, header)) own.set(row.account, row)
    rows.set(heldEra, own)
  }
  return { held: { places, rows } }
}
