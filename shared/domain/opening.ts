import { type AccountState, balanceOf, type Opening } from './page.ts'

/**
 * The opening of an era, of one account: all that is labelled before the era, pending credits included, what has not
 * vested not. A command is labelled with the era that was open, a credit of era m with m + 1, for it is worked out
 * while that one runs. Source of the rule: policy weight `balance`.
 *
 * An opening is frozen by the first change that comes after it, so that accounts can go on while an era that is over
 * is still being settled. An account that nothing has changed since has no frozen opening: it is what the account has.
 */
export function openingOf(state: AccountState, era: number): bigint {
  return state.openings.find(({ through }) => through >= era)?.amount ?? balanceOf(state)
}

/**
 * Labels a change of an account: freezes the openings it comes after (where `freezes`: only a policy that weighs by
 * balance reads them), and takes part in those frozen already for later eras.
 */
export function labelled(
  before: AccountState,
  after: AccountState,
  label: number,
  freezes: boolean,
): AccountState {
  const change = balanceOf(after) - balanceOf(before)
  if (change === 0n) return after
  const openings = freezes ? frozenThrough(before, label) : before.openings
  return {
    ...after,
    openings: openings.map(({ through, amount }) => ({
      through,
      amount: through > label ? amount + change : amount,
    })),
  }
}

/** The openings of an account, with a run that ends at `label`. */
function frozenThrough(state: AccountState, label: number): Opening[] {
  const { openings } = state
  const next = openings.findIndex(({ through }) => through >= label)
  if (next < 0) return [...openings, { through: label, amount: balanceOf(state) }]
  const run = openings[next] as Opening
  return run.through === label
    ? openings
    : openings.toSpliced(next, 0, { through: label, amount: run.amount })
}

/** Forgets the openings of eras up to `settledThrough`: they have been weighed. */
export function withoutSettled(state: AccountState, settledThrough: number): AccountState {
  if (!state.openings.some(({ through }) => through <= settledThrough)) return state
  return { ...state, openings: state.openings.filter(({ through }) => through > settledThrough) }
}
