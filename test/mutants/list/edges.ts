import type { Mutant } from '../mutant.ts'

const STORE = 'test/int/store/store.int.ts'
const RETRIES = 'test/int/store/retries.int.ts'
const CONSISTENT = 'test/int/store/consistent-reads.int.ts'
const RECORDS = 'test/int/ledger/records.int.ts'
const AUTHORITY = 'test/int/api/authority.int.ts'
const TRANSFERS = 'test/int/api/transfers.int.ts'
const CURSOR = 'test/unit/api/cursor.unit.ts'

/** How the table is written and read. */
export const STORE_ADAPTERS: readonly Mutant[] = [
  {
    name: 'a-page-is-credited-without-its-version',
    file: 'shared/store/pages.ts',
    from: 'return table.put(put, when)',
    to: "return table.put(put, { expression: 'attribute_exists(pk) OR attribute_not_exists(pk)' })",
    tests: [STORE],
  },
  {
    name: 'a-record-is-written-without-its-version',
    file: 'shared/store/records.ts',
    from: "return { put, when: { expression: 'version = :before', values: { ':before': numberValue(version) } } }",
    to: 'return { put, when: {} }',
    tests: [RECORDS],
  },
  {
    name: 'a-command-does-not-check-the-fence',
    file: 'shared/store/journal.ts',
    from: '        fenceCheck(entry.id, openEra),\n',
    to: '',
    tests: [RECORDS, 'test/int/ledger/while-settling-facts.int.ts'],
  },
  {
    name: 'closing-an-era-raises-one-fence',
    file: 'shared/store/state.ts',
    from: '...fences.map((fence) => ({',
    to: '...fences.slice(0, 1).map((fence) => ({',
    tests: [RECORDS, 'test/int/ledger/while-settling-facts.int.ts'],
  },
  {
    name: 'a-command-is-done-again-with-its-key',
    file: 'shared/store/journal.ts',
    from: '{ put: wholeItem(journalKey(entry.id), entry), when: { expression: NOT_THERE } },',
    to: '{ put: wholeItem(journalKey(entry.id), entry), when: {} },',
    tests: [RECORDS],
  },
  {
    name: 'no-mark-says-that-something-was-slashed',
    file: 'shared/domain/moves.ts',
    from: "|| move === 'end' || move === 'slash')",
    to: "|| move === 'end')",
    tests: [RECORDS, 'test/int/settlement/commands.int.ts'],
  },
  {
    name: 'attempts-of-a-fold-are-mixed-up',
    file: 'shared/store/keys.ts',
    from: `sk: \`\${shard}#\${what}#\${attempt}#\${pad(chunk, 5)}\`,`,
    to: `sk: \`\${shard}#\${what}#\${pad(chunk, 5)}\`,`,
    tests: [STORE],
  },
  {
    name: 'the-second-fold-believes-its-own-counting',
    file: 'shared/store/folds.ts',
    from: 'return refused.length === 0 ? header : standing(await read(era, shard), key)',
    to: 'return header',
    tests: [STORE],
  },
  {
    name: 'hashes-of-a-large-segment-are-those-of-its-first-item',
    file: 'shared/store/log.ts',
    from: '    from += rows\n',
    to: '',
    tests: [STORE],
  },
  {
    name: 'seen-ids-are-forgotten',
    file: 'shared/store/folds.ts',
    from: '          below = seen.era\n          found++\n',
    to: '          below = seen.era\n',
    tests: [STORE],
  },
  {
    name: 'attempts-of-weights-are-mixed-up',
    file: 'shared/store/weights.ts',
    from: 'const keys = Array.from({ length: chunks }, (_, chunk) => weightsKey(era, partition, attempt, chunk))',
    to: "const keys = Array.from({ length: chunks }, (_, chunk) => weightsKey(era, partition, attempt && '', chunk))",
    also: [
      {
        from: '...keyItem(weightsKey(era, partition, attempt, chunk)),',
        to: "...keyItem(weightsKey(era, partition, '', chunk)),",
      },
    ],
    tests: [STORE],
  },
  {
    name: 'a-seal-is-written-without-its-state',
    file: 'shared/store/seals.ts',
    from: "':through': numberValue(seal.through) },",
    to: "':through': numberValue(seal.era) },",
    tests: ['test/int/settlement/settlement.int.ts'],
  },
  {
    name: 'a-policy-is-stored-for-an-era-that-is-open',
    file: 'shared/store/policies.ts',
    from: "expression: 'policyVersion = :newest AND openEra < :from',",
    to: "expression: 'policyVersion = :newest AND openEra <= :from',",
    tests: ['test/int/settlement/versions.int.ts'],
  },
  {
    name: 'an-operator-sets-the-clock-back',
    file: 'shared/store/clock.ts',
    from: "expression: 'attribute_exists(pk) AND advancedTo < :to',",
    to: "expression: 'attribute_exists(pk)',",
    tests: [STORE],
  },
  {
    name: 'a-network-works-before-it-is-open',
    file: 'shared/store/opening.ts',
    from: '      await table.putOnce(stateItem(state))\n',
    to: '',
    also: [
      {
        from: '      await writePolicy(table, policy)\n',
        to: '      await writePolicy(table, policy)\n      await table.putOnce(stateItem(state))\n',
      },
    ],
    tests: [STORE],
  },
  {
    name: 'a-decision-is-added-to-an-era-that-is-being-settled',
    file: 'shared/store/decisions.ts',
    from: "when: { expression: 'openEra = :open', values: { ':open': numberValue(doneIn) } },",
    to: "when: { expression: 'openEra >= :open', values: { ':open': numberValue(doneIn) } },",
    tests: ['test/int/settlement/held.int.ts'],
  },
  {
    name: 'a-validation-error-is-tried-again',
    file: 'shared/store/retry.ts',
    from: "const PASSING_REASONS = new Set(['TransactionConflict',",
    to: "const PASSING_REASONS = new Set(['ValidationError', 'TransactionConflict',",
    tests: [RETRIES],
  },
  {
    name: 'a-transaction-that-was-throttled-counts-as-done',
    file: 'shared/store/dynamo.ts',
    from: '        if (error instanceof TransactionCanceledException) return refusals(error)\n        if (isPassing(error)) return undefined\n',
    to: '        if (error instanceof TransactionCanceledException) return refusals(error) ?? []\n        if (isPassing(error)) return undefined\n',
    tests: [RETRIES],
  },
  {
    name: 'what-a-batch-did-not-write-is-lost',
    file: 'shared/store/dynamo.ts',
    from: 'if (answer) rest = answer.UnprocessedItems?.[this.name] ?? []',
    to: 'if (answer) rest = []',
    tests: [RETRIES],
  },
  {
    name: 'what-a-batch-did-not-read-is-missing',
    file: 'shared/store/dynamo.ts',
    from: 'const unread = answer?.UnprocessedKeys?.[this.name]?.Keys ?? []',
    to: 'const unread: Item[] = []',
    tests: [RETRIES],
  },
  {
    name: 'items-are-read-as-they-were-a-while-ago',
    file: 'shared/store/dynamo.ts',
    from: 'const input = { TableName: this.name, Key: keyItem(key), ConsistentRead: !eventual }',
    to: 'const input = { TableName: this.name, Key: keyItem(key), ConsistentRead: eventual }',
    tests: [RETRIES],
  },
  {
    name: 'a-transaction-in-progress-counts-as-done',
    file: 'shared/store/dynamo.ts',
    from: '        if (error instanceof TransactionCanceledException) return refusals(error)\n',
    to: `        if (error instanceof TransactionCanceledException) return refusals(error)
        if ((error as Error).name === 'TransactionInProgressException') return []
`,
    tests: [RETRIES],
  },
  {
    name: 'a-transaction-in-progress-fails',
    file: 'shared/store/retry.ts',
    from: "  'TransactionInProgressException',\n",
    to: '',
    tests: [RETRIES],
  },
  {
    name: 'the-fence-sees-what-was-closed-a-while-ago',
    file: 'shared/store/state.ts',
    from: 'await table.get(stateKey)',
    to: 'await table.get(stateKey, { eventual: true })',
    tests: [CONSISTENT],
  },
  {
    name: 'a-fold-reads-the-log-as-it-was-a-while-ago',
    file: 'shared/store/log.ts',
    from: 'pk: logOf(era, shard), ahead: true }',
    to: 'pk: logOf(era, shard), ahead: true, eventual: true }',
    tests: [CONSISTENT],
  },
  {
    name: 'an-era-is-empty-whose-events-were-just-written',
    file: 'shared/store/log.ts',
    from: 'pk: logOf(era, shard), limit: 1 }',
    to: 'pk: logOf(era, shard), limit: 1, eventual: true }',
    tests: [CONSISTENT],
  },
  {
    name: 'an-era-has-no-facts-that-were-just-written',
    file: 'shared/store/journal.ts',
    from: 'pk: outboxOf(era), limit: 1 }',
    to: 'pk: outboxOf(era), limit: 1, eventual: true }',
    tests: [CONSISTENT],
  },
  {
    name: 'what-the-last-era-counted-is-not-seen-yet',
    file: 'shared/store/folds.ts',
    from: 'limit: SEEN_AT_ONCE,',
    to: 'limit: SEEN_AT_ONCE, eventual: true,',
    tests: [CONSISTENT],
  },
  {
    name: 'records-are-changed-as-they-were-a-while-ago',
    file: 'shared/store/records.ts',
    from: 'await table.findAll(keys)',
    to: 'await table.findAll(keys, { eventual: true })',
    tests: [CONSISTENT],
  },
]

/** Who may ask for what, and what a repetition is. */
export const API: readonly Mutant[] = [
  {
    name: 'anybody-with-a-token-acts-for-any-account',
    file: 'shared/api/authority.ts',
    from: 'if (caller.account === account || caller.scopes.includes(scope)) return',
    to: "if (caller.account !== '' || caller.scopes.includes(scope)) return",
    tests: [AUTHORITY],
  },
  {
    name: 'a-subject-is-an-account',
    file: 'shared/api/authority.ts',
    from: "normaliseAccount(String(claims.account ?? ''))",
    to: "normaliseAccount(String(claims.account ?? claims.sub ?? ''))",
    tests: [AUTHORITY],
  },
  {
    name: 'a-token-without-the-scope-is-enough',
    file: 'functions/api/http/serve.ts',
    from: 'if (scope !== undefined) requireScope(scope, caller)',
    to: 'if (scope !== undefined) requireToken(caller)',
    tests: [AUTHORITY],
  },
  {
    name: 'a-key-is-shared-by-all-callers',
    file: 'shared/api/request.ts',
    from: `\`cmd#\${encodeURIComponent(caller?.name ?? '')}#\${route}#\${key}\``,
    to: `\`cmd#\${route}#\${key}\``,
    tests: [TRANSFERS],
  },
  {
    name: 'a-key-is-shared-by-all-bodies',
    file: 'shared/api/request.ts',
    from: 'JSON.stringify([key, sorted, body])',
    to: 'JSON.stringify([key, sorted, body.length])',
    tests: [TRANSFERS, 'test/unit/api/request.unit.ts'],
  },
  {
    name: 'a-put-with-a-key-is-done-again',
    file: 'shared/api/request.ts',
    from: "  if (request.key !== '') return { id, digest }\n",
    to: '',
    tests: ['test/int/market/market-api.int.ts'],
  },
  {
    name: 'a-provider-says-how-much-it-is-trusted',
    file: 'shared/api/market/offers.ts',
    from: '  if (trust !== undefined) requireScope(OFFERS_SCOPE, request.caller)\n',
    to: '',
    tests: ['test/int/market/market-api.int.ts'],
  },
  {
    name: 'cursors-are-not-checked',
    file: 'shared/api/cursor.ts',
    from: '    sum === check(list, key) &&\n    writeCursor(list, key) === cursor\n',
    to: '    sum !== undefined\n',
    tests: [CURSOR],
  },
  {
    name: 'a-cursor-of-one-list-goes-on-in-another',
    file: 'shared/api/cursor.ts',
    from: `\`cursor\\0\${VERSION}\\0\${list}\\0\${key}\``,
    to: `\`cursor\\0\${VERSION}\\0\${key}\``,
    tests: [CURSOR],
  },
  {
    name: 'a-balance-that-does-not-add-up-is-shown',
    file: 'shared/api/balance.ts',
    from: '&& total === earned + deposited + received - paid,',
    to: '&& total >= 0n,',
    tests: ['test/unit/api/balance-adds-up.unit.ts', 'test/unit/api/balance.unit.ts'],
  },
  {
    name: 'a-receipt-is-not-proved',
    file: 'shared/api/receipt.ts',
    from: 'cascadeShare(part.total, part.weight, running, weight) === amount,',
    to: 'cascadeShare(part.total, part.weight, running, weight) >= 0n,',
    tests: ['test/unit/api/statement.unit.ts'],
  },
]
