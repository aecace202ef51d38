import type { Mutant } from '../mutant.ts'

const SETTLEMENT = 'test/int/settlement/settlement.int.ts'
const COUNTED_ONCE = 'test/int/settlement/counted-once.int.ts'
const VERSIONS = 'test/int/settlement/versions.int.ts'
const HELD = 'test/int/settlement/held.int.ts'
const COMMANDS = 'test/int/settlement/commands.int.ts'
const CREDIT = 'test/int/settlement/credit.int.ts'

/** The steps of a settlement: close, fold, weigh, decide, credit, seal. */
export const SETTLEMENT_STEPS: readonly Mutant[] = [
  {
    name: 'a-copy-found-in-earlier-eras-is-counted-again',
    file: 'shared/settlement/fold.ts',
    from: '    counted: earlier.counted,\n',
    to: '',
    tests: [SETTLEMENT],
  },
  {
    name: 'what-came-meanwhile-is-counted-and-not-looked-for',
    file: 'shared/settlement/fold.ts',
    from: '    log: read.log,\n',
    to: '    log: (await readLog(store.log, era, shard)).log,\n',
    tests: [COUNTED_ONCE],
  },
  {
    name: 'the-last-segment-says-how-far-to-look-back',
    file: 'shared/settlement/fold.ts',
    from: 'earliest = Math.min(earliest, segment.earliest)',
    to: 'earliest = segment.earliest',
    tests: [COUNTED_ONCE],
  },
  {
    name: 'a-copy-is-looked-for-where-its-date-lies-only',
    file: 'shared/settlement/fold.ts',
    from: 'if (seen.era < oldest && !mayComeAgain(policy, era, seen, newest)) break',
    to: 'if (seen.era < oldest) break',
    tests: [COUNTED_ONCE],
  },
  {
    name: 'an-era-of-old-events-hides-what-came-before-it',
    file: 'shared/settlement/fold.ts',
    from: 'const latest = Math.max(totals.latest, earlier.latest)',
    to: 'const { latest } = totals',
    tests: [COUNTED_ONCE],
  },
  {
    name: 'what-an-operator-lets-in-is-looked-for-inside-lateness-only',
    file: 'shared/settlement/fold.ts',
    from: 'if (seen.era < oldest && !mayComeAgain(policy, era, seen, newest)) break',
    to: 'if (!mayComeAgain(policy, era, seen, newest)) break',
    tests: [COUNTED_ONCE],
  },
  {
    name: 'of-two-with-one-id-in-an-era-the-last-is-the-one-that-counted',
    file: 'shared/settlement/fold.ts',
    from: 'if (!found.has(key)) found.set(key, contentDigest(event))',
    to: 'found.set(key, contentDigest(event))',
    tests: [COUNTED_ONCE],
  },
  {
    name: 'the-newest-of-two-eras-has-the-last-word',
    file: 'shared/settlement/fold.ts',
    from: 'for (const [key, digest] of found) counted.set(key, digest)',
    to: 'for (const [key, digest] of found) if (!counted.has(key)) counted.set(key, digest)',
    tests: [SETTLEMENT, COUNTED_ONCE],
  },
  {
    name: 'the-page-before-the-statement',
    file: 'shared/settlement/credit.ts',
    from: 'const statement = await store.statements.commit(partition, wanted)',
    to: 'const statement = wanted',
    also: [
      {
        from: 'if (await store.pages.replace(applyStatement(page, statement, freezes))) return\n',
        to: `if (await store.pages.replace(applyStatement(page, statement, freezes))) {
      await store.statements.commit(partition, statement)
      return
    }
`,
      },
    ],
    tests: [CREDIT],
  },
  {
    name: 'a-page-is-credited-whatever-it-has',
    file: 'shared/settlement/credit.ts',
    from: 'if (page.creditedThrough >= statement.era) return',
    to: 'if (page.creditedThrough > statement.era) return',
    tests: [SETTLEMENT],
  },
  {
    name: 'a-page-that-changed-meanwhile-is-not-credited',
    file: 'shared/settlement/credit.ts',
    from: 'if (await store.pages.replace(applyStatement(page, statement, freezes))) return\n',
    to: `await store.pages.replace(applyStatement(page, statement, freezes))
    return
`,
    tests: [CREDIT],
  },
  {
    name: 'a-partition-is-done-before-its-last-pages',
    file: 'shared/settlement/credit.ts',
    from: `  await flush()
  await store.statements.commitCredit(era, partition, sharing.totals())
`,
    to: `  await store.statements.commitCredit(era, partition, sharing.totals())
  await flush()
`,
    tests: [CREDIT],
  },
  {
    name: 'credit-goes-on-one-page-too-far',
    file: 'shared/settlement/credit.ts',
    from: 'statements.filter(({ page }) => page > after)',
    to: 'statements.filter(({ page }) => page > after + 1)',
    tests: [SETTLEMENT, CREDIT],
  },
  {
    name: 'the-openings-of-the-next-era-are-not-frozen-by-its-own-policy',
    file: 'shared/settlement/credit.ts',
    from: 'policyOf(store, era), policyOf(store, era + 1)])',
    to: 'policyOf(store, era), policyOf(store, era)])',
    tests: [VERSIONS, CREDIT],
  },
  {
    name: 'weights-are-taken-of-what-is-there-now-for-a-held-era',
    file: 'shared/settlement/held.ts',
    from: 'for await (const row of store.weights.rows(heldEra, partition, header)) own.set(row.account, row)',
    to: 'for await (const row of store.weights.rows(era, partition, header)) own.set(row.account, row)',
    tests: [HELD],
  },
  {
    name: 'a-held-era-is-decided-twice',
    file: 'shared/settlement/held.ts',
    from: 'if (stored && stored.decision !== decision) {',
    to: 'if (stored && stored.era !== era) {',
    tests: [HELD],
  },
  {
    name: 'an-era-that-is-not-sealed-is-decided',
    file: 'shared/settlement/held.ts',
    from: 'const held = era <= sealedThrough ? (await store.plans.read(era))?.held : undefined',
    to: 'const held = era <= sealedThrough + 1 ? (await store.plans.read(era))?.held : undefined',
    tests: [HELD],
  },
  {
    name: 'a-seal-is-made-of-the-partitions-that-are-there',
    file: 'shared/settlement/seal.ts',
    from: '  const { seal, system } = makeSeal(plan, credits)',
    to: '  const { seal, system } = makeSeal(plan, credits.slice(0, -1))',
    tests: [SETTLEMENT],
  },
  {
    name: 'eras-in-which-commands-told-something-count-as-quiet',
    file: 'shared/settlement/untouched.ts',
    from: 'return decided.length === 0 && !hasFacts',
    to: 'return decided.length === 0',
    tests: [COMMANDS],
  },
  {
    name: 'eras-in-which-a-held-one-is-paid-count-as-quiet',
    file: 'shared/settlement/untouched.ts',
    from: 'return decided.length === 0 && !hasFacts',
    to: 'return !hasFacts',
    tests: [HELD],
  },
  {
    name: 'a-quiet-range-goes-over-a-new-policy-version',
    file: 'shared/settlement/seal.ts',
    from: 'Math.min(closedThrough, through, first + MAX_RANGE - 1)',
    to: 'Math.min(closedThrough, first + MAX_RANGE - 1)',
    tests: [VERSIONS],
  },
  {
    name: 'the-first-era-of-a-version-may-be-quiet',
    file: 'shared/settlement/versions.ts',
    from: 'return era > 0 && effectiveFrom === era',
    to: 'return era > 0 && effectiveFrom > era',
    tests: [VERSIONS],
  },
  {
    name: 'a-version-rules-an-era-too-early',
    file: 'shared/settlement/versions.ts',
    from: 'while (stored.effectiveFrom > era) {',
    to: 'while (stored.effectiveFrom > era + 1) {',
    tests: [VERSIONS],
  },
  {
    name: 'an-events-clock-closes-without-its-grace',
    file: 'shared/settlement/clock.ts',
    from: 'passed.filter(({ at }) => at + grace <= wallNow)',
    to: 'passed.filter(({ at }) => at <= wallNow)',
    tests: [SETTLEMENT],
  },
  {
    name: 'a-wall-clock-closes-without-its-grace',
    file: 'shared/settlement/clock.ts',
    from: 'lastEnded(calendar, wallNow - grace)',
    to: 'lastEnded(calendar, wallNow)',
    tests: [VERSIONS, SETTLEMENT],
  },
  {
    name: 'an-era-closes-when-it-begins',
    file: 'shared/settlement/clock.ts',
    from: 'erasEndedBy(calendar, position) - 1',
    to: 'erasEndedBy(calendar, position)',
    tests: [SETTLEMENT],
  },
  {
    name: 'eras-are-settled-out-of-order',
    file: 'shared/settlement/close.ts',
    from: 'if (era > state.sealedThrough + 1) {',
    to: 'if (era > state.closedThrough + 1) {',
    tests: [SETTLEMENT],
  },
  {
    name: 'a-failed-execution-is-never-tried-again',
    file: 'shared/settlement/tick.ts',
    from: ", { era })) !== 'ended') return",
    to: ", { era })) !== 'started') return",
    tests: ['test/unit/settlement/tick.unit.ts'],
  },
  {
    name: 'a-warm-tick-stays-in-the-hour-it-was-started',
    file: 'functions/settlement/tick.ts',
    from: '  now: Date.now,\n',
    to: '  now: ((started) => () => started)(Date.now()),\n',
    tests: ['test/unit/functions/wiring.unit.ts'],
  },
]
