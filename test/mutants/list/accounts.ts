import type { Mutant } from '../mutant.ts'

const POST = 'test/int/ledger/post.int.ts'
const RECORDS = 'test/int/ledger/records.int.ts'
const MOVES = 'test/unit/domain/moves.unit.ts'
const HOLD = 'test/unit/domain/hold.unit.ts'
const STAKING = 'test/unit/domain/staking.unit.ts'
const RELEASE = 'test/unit/domain/release.unit.ts'
const TIME = 'test/unit/ledger/time.unit.ts'

/** What commands do to accounts: once, in their era, with what is theirs. */
export const ACCOUNTS: readonly Mutant[] = [
  {
    name: 'a-key-that-was-used-answers-any-command',
    file: 'shared/ledger/post.ts',
    from: 'if (known.digest === digest) return known',
    to: 'if (known.id === id || known.digest === digest) return known',
    tests: [POST],
  },
  {
    name: 'a-command-is-labelled-by-the-clock',
    file: 'shared/ledger/post.ts',
    from: 'const label = labelOf(state.openEra, pages)',
    to: 'const label = eraAt(moment.policy.policy.era.calendar, moment.position)',
    also: [
      {
        from: "import { ExchequerError } from '../domain/errors.ts'\n",
        to: "import { eraAt } from '../domain/calendar.ts'\nimport { ExchequerError } from '../domain/errors.ts'\n",
      },
    ],
    tests: [RECORDS, 'test/int/ledger/while-settling.int.ts'],
  },
  {
    name: 'a-label-does-not-mind-what-pages-have-seen',
    file: 'shared/domain/moves.ts',
    from: 'return Math.max(openEra, ...pages.map(({ label }) => label))',
    to: 'return openEra',
    tests: [MOVES, 'test/unit/domain/opening.unit.ts', 'test/int/ledger/while-settling.int.ts'],
  },
  {
    name: 'a-command-follows-from-an-era-that-closed-meanwhile',
    file: 'shared/ledger/post.ts',
    from: '  if (asked && asked.state.openEra !== state.openEra) return undefined\n',
    to: '',
    tests: ['test/int/payouts/life.int.ts'],
  },
  {
    name: 'what-was-refused-for-its-own-doing-is-refused',
    file: 'shared/ledger/post.ts',
    from: `      const done = await journal.read(command.id)
      if (done) return same(done, command)
`,
    to: '',
    tests: [POST],
  },
  {
    name: 'openings-are-frozen-by-the-newest-policy-only',
    file: 'shared/ledger/post.ts',
    from: 'const freezes = policies.some(',
    to: 'const freezes = policies.slice(-1).some(',
    tests: ['test/int/ledger/while-settling.int.ts', 'test/int/settlement/versions.int.ts', TIME],
  },
  {
    name: 'blocks-need-no-timelock',
    file: 'shared/ledger/time.ts',
    from: 'const sealIsEnough = isByBlock(calendar) && stored.policy.payout.timelock === 0',
    to: 'const sealIsEnough = isByBlock(calendar)',
    tests: [TIME],
  },
  {
    name: 'a-version-without-timelock-frees-what-an-earlier-one-locked',
    file: 'shared/ledger/time.ts',
    from: 'sealIsEnoughFrom: stored.effectiveFrom',
    to: 'sealIsEnoughFrom: 0',
    tests: [TIME],
  },
  {
    name: 'spent-before-the-seal',
    file: 'shared/domain/release.ts',
    from: '  if (era > time.sealedThrough) return false\n',
    to: '',
    tests: [RELEASE],
  },
  {
    name: 'pending-credits-are-available-at-the-seal',
    file: 'shared/domain/release.ts',
    from: 'return releaseAt <= time.at || era >= (time.sealIsEnoughFrom ?? Number.POSITIVE_INFINITY)',
    to: 'return releaseAt <= time.at || era >= (time.sealIsEnoughFrom ?? 0)',
    tests: [RELEASE],
  },
  {
    name: 'unbonded-tokens-come-back-again-and-again',
    file: 'shared/domain/release.ts',
    from: 'return !isReturned && returnsAt !== undefined && returnsAt <= at',
    to: 'return returnsAt !== undefined && returnsAt <= at',
    tests: [RELEASE],
  },
  {
    name: 'a-stake-that-is-back-is-forgotten-before-it-is-weighed',
    file: 'shared/domain/release.ts',
    from: '.filter(({ isReturned, until = 0 }) => !isReturned || until > time.settledTo)',
    to: '.filter(({ isReturned }) => !isReturned)',
    tests: [RELEASE],
  },
  {
    name: 'a-hold-ends-a-moment-late',
    file: 'shared/domain/release.ts',
    from: 'holds.filter(({ until = Number.POSITIVE_INFINITY }) => until > time.at)',
    to: 'holds.filter(({ until = Number.POSITIVE_INFINITY }) => until >= time.at)',
    tests: [RELEASE],
  },
  {
    name: 'more-is-taken-than-a-hold-keeps',
    file: 'shared/domain/hold.ts',
    from: 'if (amount > found.amount) {',
    to: 'if (found.amount === 0n) {',
    tests: [HOLD],
  },
  {
    name: 'a-hold-is-on-what-is-pending',
    file: 'shared/domain/hold.ts',
    from: 'if (available < amount) {',
    to: 'if (available + state.pending.reduce((all, credit) => all + credit.amount, 0n) < amount) {',
    tests: [HOLD, 'test/int/ledger/ways-to-lose-money.int.ts'],
  },
  {
    name: 'an-account-pays-what-it-does-not-have',
    file: 'shared/domain/moves.ts',
    from: 'if (state.available < amount) {',
    to: 'if (balanceOf(state) < amount) {',
    also: [{ from: '  accountsByName,\n', to: '  accountsByName,\n  balanceOf,\n' }],
    tests: ['test/int/ledger/ways-to-lose-money.int.ts'],
  },
  {
    name: 'the-lock-of-a-stake-is-ignored',
    file: 'shared/domain/staking.ts',
    from: 'if (at < found.lockedUntil) {',
    to: 'if (at < found.from) {',
    tests: [STAKING],
  },
  {
    name: 'a-lock-counts-from-when-the-era-began',
    file: 'shared/domain/staking.ts',
    from: 'lockedUntil: at + lockSeconds * 1000 }',
    to: 'lockedUntil: position + lockSeconds * 1000 }',
    tests: [STAKING],
  },
  {
    name: 'more-is-slashed-than-is-staked',
    file: 'shared/domain/staking.ts',
    from: '  if (amount > whole) throw tooSmall(state, lot, whole, amount)\n',
    to: '',
    tests: [STAKING],
  },
  {
    name: 'who-unstakes-escapes-a-slash',
    file: 'shared/domain/staking.ts',
    from: 'const of = state.stakes.filter((stake) => stake.lot === lot && !stake.isReturned)',
    to: 'const of = state.stakes.filter((stake) => stake.lot === lot && isOpen(stake))',
    tests: [STAKING],
  },
  {
    name: 'what-is-slashed-stays-staked',
    file: 'shared/domain/staking.ts',
    from: 'slashed = { ...slashed, stakes: split(slashed, found, taken, gone) }',
    to: 'slashed = { ...slashed, stakes: split(slashed, found, 0n, gone) }',
    tests: [STAKING],
  },
  {
    name: 'unstaked-tokens-go-on-weighing',
    file: 'shared/domain/staking.ts',
    from: 'Math.min(stake.until ?? to, to) - Math.max(stake.from, from)',
    to: 'to - Math.max(stake.from, from)',
    tests: [STAKING],
  },
  {
    name: 'unbonding-is-counted-in-blocks',
    file: 'shared/domain/staking.ts',
    from: 'returnsAt: at + unbondingMs }',
    to: 'returnsAt: position + unbondingMs }',
    tests: [STAKING],
  },
]
