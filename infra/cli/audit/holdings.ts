import type { AccountState } from '../../../shared/domain/page.ts'
import { Amounts, namesOf, total } from './arithmetic.ts'
import type { Stated } from './credits.ts'
import type { Findings } from './finding.ts'
import type { AccountMove } from './journal.ts'

/** What an account has that it cannot spend: the page's word beside what statements and journal say. */
export interface Holdings {
  state: AccountState
  stated: Stated | undefined
  moves: readonly AccountMove[]
  sealedThrough: number
  /** Eras are counted in blocks and a policy has no timelock: the seal alone releases a credit. */
  sealIsEnough: boolean
}

/**
 * Credits that wait, holds, and stakes: each is on the page as it was made, unless its time has come and somebody has
 * looked since. Time alone may take something away, and never changes an amount.
 */
export function checkHoldings(holdings: Holdings, findings: Findings): void {
  checkPending(holdings, findings)
  checkHolds(holdings, findings)
  checkStakes(holdings, findings)
}

/** The latest moment at which a command looked at the account, by the network clock, ms. */
function lookedAt(moves: readonly AccountMove[]): number {
  return Math.max(-1, ...moves.map(({ entry }) => entry.networkAt))
}

function checkPending(
  { state, stated, moves, sealedThrough, sealIsEnough }: Holdings,
  findings: Findings,
): void {
  const { account } = state
  const place = { account }
  const pending = new Map(state.pending.map((credit) => [credit.era, credit]))
  if (pending.size < state.pending.length)
    findings.say('accounts', place, 'a credit of one era is pending twice')
  const looked = lookedAt(moves)
  for (const { era, amount, releaseAt } of stated?.credits ?? []) {
    const waits = pending.get(era)
    pending.delete(era)
    const later = (stated?.rows ?? []).filter((row) => row.era > era && row.at >= releaseAt)
    if (waits) {
      findings.equal('accounts', { ...place, era }, 'its pending credit', amount, waits.amount)
      findings.equal(
        'accounts',
        { ...place, era },
        'the release time of its pending credit',
        releaseAt,
        waits.releaseAt,
      )
      if (later.length > 0)
        findings.say(
          'accounts',
          { ...place, era },
          `its credit is still pending, and era ${later[0]?.era} released it`,
        )
      continue
    }
    const isDue = looked >= releaseAt || (sealIsEnough && moves.length > 0)
    if (later.length === 0 && !(isDue && era <= sealedThrough))
      findings.say(
        'accounts',
        { ...place, era },
        `its credit of ${amount} is not pending, and nothing can have released it: it is due at ${releaseAt} ms`,
      )
  }
  for (const { era, amount } of pending.values())
    findings.say('accounts', { ...place, era }, `${amount} is pending that no statement credits`)
}

/** What a hold's moves leave of it, in sum and from moment to moment. */
function checkHolds({ state, moves }: Holdings, findings: Findings): void {
  const { account } = state
  const [left, found] = [new Amounts(), new Amounts()]
  const untils = new Map<string, number | undefined>()
  for (const { id, amount } of state.holds) {
    if (found.has(id)) findings.say('accounts', { account }, `it has the hold ${id} twice`)
    found.add(id, amount)
  }
  const expired = new Amounts()
  for (const { entry, move } of moves) {
    if (move.move === 'hold' && move.account === account) {
      const until = untils.get(move.id)
      // A hold of this id that had ended by itself is not what is held now.
      if (until !== undefined && until <= entry.networkAt)
        expired.add(move.id, left.of(move.id) - expired.of(move.id))
      left.add(move.id, move.amount)
      untils.set(move.id, move.until)
    } else if (move.move === 'extend' && move.account === account) untils.set(move.id, move.until)
    else if (move.move === 'release' && move.account === account) left.add(move.id, -(move.amount ?? 0n))
    else if (move.move === 'capture' && move.from === account) left.add(move.hold, -move.amount)
    else if (move.move === 'charge' && move.account === account) left.add(move.hold, -move.amount)
  }
  const looked = lookedAt(moves)
  for (const id of namesOf(left, found)) {
    const [expected, held] = [left.of(id), found.of(id)]
    if (expected === held) {
      checkUntil(state, id, untils.get(id), findings)
      continue
    }
    if (held > 0n && held === expected - expired.of(id)) continue
    const until = untils.get(id)
    if (held === 0n && until !== undefined && until <= looked) continue
    const why =
      held === 0n && until !== undefined
        ? `: it ends by itself at ${until} ms, and the account was last looked at at ${looked} ms`
        : ''
    findings.say(
      'accounts',
      { account },
      `the hold ${id} keeps ${held}, and by the journal ${expected}${why}`,
    )
  }
}

function checkUntil(
  { account, holds }: AccountState,
  id: string,
  until: number | undefined,
  findings: Findings,
): void {
  const hold = holds.find((one) => one.id === id)
  if (hold)
    findings.equal(
      'accounts',
      { account },
      `the moment at which the hold ${id} ends by itself`,
      until,
      hold.until,
    )
}

/** Per lot: what was staked is here, or was unstaked and has come back, or was taken away. */
function checkStakes({ state, moves }: Holdings, findings: Findings): void {
  const { account } = state
  const [staked, unstaked, slashed] = [new Amounts(), new Amounts(), new Amounts()]
  // Tokens come back with the first command that looks after their time, so not with the one that unstakes them.
  const [mustBeBack, mayBeBack] = [new Amounts(), new Amounts()]
  for (const { entry, move } of moves) {
    if (move.move === 'stake') staked.add(move.lot, move.amount)
    else if (move.move === 'slash') slashed.add(move.lot, move.amount)
    else if (move.move === 'unstake') {
      const { lot, amount = 0n, unbondingMs } = move
      unstaked.add(lot, amount)
      const looked = moves.filter(
        ({ entry: other }) => other !== entry && other.networkAt >= entry.networkAt + unbondingMs,
      )
      if (looked.length > 0) mayBeBack.add(lot, amount)
      if (looked.some(({ entry: other }) => other.networkAt > entry.networkAt)) mustBeBack.add(lot, amount)
    }
  }
  const [open, returning] = [new Amounts(), new Amounts()]
  for (const { lot, amount, until, isReturned } of state.stakes)
    if (!isReturned) (until === undefined ? open : returning).add(lot, amount)
  for (const lot of namesOf(staked, open, returning)) {
    // Slashing takes what stands first; of a lot that was never slashed both figures are exact.
    const standing = staked.of(lot) - unstaked.of(lot)
    const takenStanding = standing - open.of(lot)
    const takenReturning = slashed.of(lot) - takenStanding
    const back = unstaked.of(lot) - takenReturning - returning.of(lot)
    const isTakenRight =
      takenStanding >= 0n && takenReturning >= 0n && (takenReturning === 0n || open.of(lot) === 0n)
    if (!isTakenRight)
      findings.say(
        'accounts',
        { account },
        `the stake ${lot} has ${open.of(lot)} standing: by the journal ${standing}, less what was slashed of it, ${slashed.of(lot)} in all`,
      )
    else if (back < 0n || back > mayBeBack.of(lot) || back < mustBeBack.of(lot) - takenReturning)
      findings.say(
        'accounts',
        { account },
        `the stake ${lot} has ${returning.of(lot)} on its way back: by the journal ${unstaked.of(lot) - takenReturning}, less what is back, at most ${mayBeBack.of(lot)}`,
      )
  }
}

/** What of a balance is not available. */
export function boundIn({ pending, holds, stakes }: AccountState): bigint {
  const standing = stakes.filter(({ isReturned }) => !isReturned)
  return total([...pending, ...holds, ...standing].map(({ amount }) => amount))
}
