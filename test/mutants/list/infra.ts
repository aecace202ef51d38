import type { Mutant } from '../mutant.ts'

const SETTLE_ERA = 'test/infra/settle-era.infra.ts'
const FAILURES = 'test/infra/failures.infra.ts'
const PERMISSIONS = 'test/infra/permissions.infra.ts'

/** What is deployed. */
export const INFRA: readonly Mutant[] = [
  {
    name: 'a-step-is-never-tried-again',
    file: 'infra/constructs/machine.ts',
    from: '  for (const retry of RETRIES) task.addRetry(retry)\n',
    to: '',
    tests: [SETTLE_ERA],
  },
  {
    name: 'a-broken-invariant-is-tried-again',
    file: 'infra/constructs/machine.ts',
    from: "errors: ['InvariantBroken', 'InvalidInput',",
    to: "errors: ['InvalidInput',",
    tests: [SETTLE_ERA],
  },
  {
    name: 'an-era-is-sealed-before-it-is-credited',
    file: 'infra/constructs/settle-era.ts',
    from: '      .next(creditPartitions)\n      .next(seal)\n',
    to: '      .next(seal)\n      .next(creditPartitions)\n',
    tests: [SETTLE_ERA],
  },
  {
    name: 'a-fold-does-not-wait-for-who-still-writes',
    file: 'infra/constructs/settle-era.ts',
    from: "Condition.booleanEquals('$.sealed', true), publish).otherwise(settle)",
    to: "Condition.booleanEquals('$.sealed', true), publish).otherwise(countUnlessEmpty)",
    tests: [SETTLE_ERA],
  },
  {
    name: 'credit-stops-after-its-first-call',
    file: 'infra/constructs/settle-era.ts',
    from: `        .when(Condition.booleanEquals('$.done', true), credited)
        .otherwise(credit),`,
    to: `        .when(Condition.booleanEquals('$.done', true), credited)
        .otherwise(credited),`,
    tests: [SETTLE_ERA],
  },
  {
    name: 'one-payout-that-cannot-be-asked-for-stops-all-releases',
    file: 'infra/constructs/payouts.ts',
    from: 'request.addCatch(goOn.next(release), CATCH)',
    to: 'request.addCatch(failed, CATCH)',
    tests: ['test/infra/pay-out.infra.ts'],
  },
  {
    name: 'nobody-hears-of-dead-letters',
    file: 'infra/constructs/dead-letters.ts',
    from: `    house.alarms.watch(this, 'NotEmpty', {
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        period: ALARM_PERIOD,
        statistic: 'Maximum',
      }),
      impact,
      runbook,
    })
`,
    to: '',
    tests: [FAILURES],
  },
  {
    name: 'an-alarm-that-misses-its-metric-is-calm',
    file: 'infra/constructs/alarms.ts',
    from: 'treatMissingData: TreatMissingData.BREACHING,',
    to: 'treatMissingData: TreatMissingData.NOT_BREACHING,',
    tests: [FAILURES],
  },
  {
    name: 'one-bad-message-sends-its-whole-batch-again',
    file: 'infra/constructs/intake.ts',
    from: '        reportBatchItemFailures: true,\n',
    to: '',
    tests: [FAILURES],
  },
  {
    name: 'a-message-that-fails-is-dropped-in-the-end',
    file: 'infra/constructs/intake.ts',
    from: '      deadLetterQueue: { queue: this.unreadable.queue, maxReceiveCount: RECEIVES },\n',
    to: '',
    tests: [FAILURES],
  },
  {
    name: 'publish-may-write-the-books',
    file: 'infra/constructs/settlement.ts',
    from: "books.allow(steps.publish, 'GetItem', 'BatchGetItem', 'Query')",
    to: "books.allow(steps.publish, 'GetItem', 'BatchGetItem', 'Query', 'PutItem')",
    tests: [PERMISSIONS],
  },
  {
    name: 'functions-may-use-any-table',
    file: 'infra/constructs/books.ts',
    from: '      [this.table.tableArn],\n',
    to: "      ['*'],\n",
    tests: [PERMISSIONS],
  },
  {
    name: 'a-route-that-needs-a-token-is-open',
    file: 'infra/constructs/api.ts',
    from: "const isOpen = access === 'public' ||",
    to: "const isOpen = access === 'public' || method === HttpMethod.PUT ||",
    tests: ['test/infra/api.infra.ts'],
  },
  {
    name: 'the-books-go-with-the-stack',
    file: 'infra/constructs/books.ts',
    from: 'removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,',
    to: 'removalPolicy: RemovalPolicy.DESTROY,',
    tests: ['test/infra/books.infra.ts'],
  },
]
