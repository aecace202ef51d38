import type { Mutant } from '../mutant.ts'

const FENCE = 'test/int/ingest/fence.int.ts'
const BAD_INPUT = 'test/int/ingest/bad-input.int.ts'
const DEPOSITS = 'test/int/ingest/deposits.int.ts'
const REPLAY = 'test/int/ingest/replay.int.ts'
const ADMISSION = 'test/unit/ingest/admission.unit.ts'

/** From the bus to the log, the journal or quarantine. */
export const INGEST: readonly Mutant[] = [
  {
    name: 'closed-through-not-read-again',
    file: 'shared/ingest/booking.ts',
    from: 'const closedThrough = (await store.state.read())?.closedThrough ?? Number.POSITIVE_INFINITY',
    to: 'const { closedThrough } = state',
    tests: [FENCE],
  },
  {
    name: 'closed-through-read-again-before-the-write',
    file: 'shared/ingest/booking.ts',
    from: `  const errors = await store.log.append(segments)
  const closedThrough = (await store.state.read())?.closedThrough ?? Number.POSITIVE_INFINITY
`,
    to: `  const closedThrough = (await store.state.read())?.closedThrough ?? Number.POSITIVE_INFINITY
  const errors = await store.log.append(segments)
`,
    tests: [FENCE],
  },
  {
    name: 'what-was-not-written-is-acknowledged',
    file: 'shared/ingest/booking.ts',
    from: 'if (error || segment.era <= closedThrough)',
    to: 'if (segment.era <= closedThrough)',
    tests: [FENCE],
  },
  {
    name: 'only-the-last-message-of-a-segment-comes-again',
    file: 'shared/ingest/booking.ts',
    from: 'if (segment.messages.at(-1) !== message) segment.messages.push(message)',
    to: 'segment.messages = [message]',
    tests: [FENCE],
  },
  {
    name: 'late-events-are-admitted-to-closed-eras',
    file: 'shared/ingest/admission.ts',
    from: 'const era = late ? admission.closedThrough + 1 : own',
    to: 'const era = own',
    tests: [ADMISSION, BAD_INPUT],
  },
  {
    name: 'the-last-closed-era-counts-as-open',
    file: 'shared/ingest/admission.ts',
    from: 'const late = own <= admission.closedThrough',
    to: 'const late = own < admission.closedThrough',
    tests: [ADMISSION, BAD_INPUT],
  },
  {
    name: 'lateness-in-seconds',
    file: 'shared/ingest/admission.ts',
    from: 'Number.NEGATIVE_INFINITY : now - lateness,',
    to: 'Number.NEGATIVE_INFINITY : now - lateness * 1_000,',
    tests: [ADMISSION],
  },
  {
    name: 'an-event-from-the-future-moves-the-clock',
    file: 'shared/ingest/admission.ts',
    from: "lastMoment: kind === 'manual' ? Number.POSITIVE_INFINITY : wallNow + AHEAD_MS,",
    to: "lastMoment: kind === 'wall' ? wallNow + AHEAD_MS : Number.POSITIVE_INFINITY,",
    tests: [ADMISSION],
  },
  {
    name: 'what-nobody-may-send-is-taken-from-anybody',
    file: 'shared/ingest/envelope.ts',
    from: 'if (!allowed.includes(ANY_SOURCE) &&',
    to: 'if (allowed.length > 0 && !allowed.includes(ANY_SOURCE) &&',
    tests: [BAD_INPUT, DEPOSITS],
  },
  {
    name: 'quarantine-is-swallowed',
    file: 'shared/ingest/ingest.ts',
    from: '  for (const message of refused.failed) failed.add(message)\n',
    to: '',
    tests: [FENCE],
  },
  {
    name: 'what-comes-again-moves-the-clock-and-the-running-totals',
    file: 'shared/ingest/ingest.ts',
    from: 'await follow(deps, view, booked)',
    to: 'await follow(deps, view, read)',
    tests: [FENCE],
  },
  {
    name: 'a-batch-out-of-order-sets-the-clock-back',
    file: 'shared/ingest/counting.ts',
    from: 'watermark = Math.max(watermark, positionOf(event, calendar))',
    to: 'watermark = positionOf(event, calendar)',
    tests: [ADMISSION, BAD_INPUT],
  },
  {
    name: 'a-refused-deposit-comes-again-for-ever',
    file: 'shared/ingest/commands.ts',
    from: "  JournalConflict: 'id',\n",
    to: '',
    tests: [DEPOSITS],
  },
  {
    name: 'a-command-that-failed-is-acknowledged',
    file: 'shared/ingest/commands.ts',
    from: `its message comes again\`, error)
          failed.add(message)
`,
    to: `its message comes again\`, error)
`,
    tests: [DEPOSITS],
  },
  {
    name: 'a-deposit-ahead-of-the-clock-counts-at-once',
    file: 'shared/ingest/commands.ts',
    from: "if (command.name !== 'TokensDeposited' || names.policy.era.clock === 'wall') return -1",
    to: "if (command.name !== 'TokensDeposited' || names.policy.era.clock !== 'manual') return -1",
    tests: [ADMISSION],
  },
  {
    name: 'replay-takes-out-of-quarantine-what-was-fenced',
    file: 'shared/ingest/replay.ts',
    from: `    if (failed.has(message)) report.failed.push(record.id)
    else if (isRefusedAgain`,
    to: '    if (isRefusedAgain',
    tests: [REPLAY],
  },
  {
    name: 'ingest-tells-the-queue-that-all-went-well',
    file: 'functions/ingest/ingest.ts',
    from: 'return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }',
    to: 'return { batchItemFailures: [] }',
    tests: ['test/unit/functions/ingest.unit.ts'],
  },
  {
    name: 'a-warm-ingest-stays-in-the-hour-it-was-started',
    file: 'functions/ingest/ingest.ts',
    from: '  now: Date.now,\n',
    to: '  now: ((started) => () => started)(Date.now()),\n',
    tests: ['test/unit/functions/ingest.unit.ts'],
  },
]
