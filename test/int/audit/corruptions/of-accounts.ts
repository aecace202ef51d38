import type { Move } from '../../../../shared/domain/moves.ts'
import type { JournalEntry } from '../../../../shared/ledger/ports.ts'
import { found, placeOf } from '../damage.ts'
import { type Corruption, entryWith, eraKey } from './corruption.ts'

const isTransfer = (amount: bigint) => (move: Move) => move.move === 'transfer' && move.amount === amount

/** What pages say of accounts. */
export const ACCOUNTS: Corruption[] = [
  [
    'a balance off by one',
    (table) => table.account('ann', (ann) => (ann.available += 1n)),
    /^accounts: ann: what it has available, its balance less what waits: (\d+) expected, \d+ found$/,
    /^conservation: .*: 1 came from nowhere$/,
  ],
  [
    'money moved from one account to another without a journal entry',
    (table) => {
      table.account('ann', (ann) => (ann.available -= 100n))
      table.account('bob', (bob) => (bob.available += 100n))
    },
    /^accounts: ann: what it has available/,
    /^accounts: bob: what it has available/,
  ],
  [
    'a lifetime figure changed together with the balance',
    (table) =>
      table.account('bob', (bob) => {
        bob.received += 5n
        bob.available += 5n
      }),
    /^accounts: bob: all that it ever got from other accounts: 25\d expected, 25\d found$/,
  ],
  [
    'a credit that can be spent before its time',
    (table) =>
      table.account('zoe', (zoe) => {
        const [credit] = zoe.pending.splice(-1)
        zoe.available += credit?.amount ?? 0n
      }),
    /^accounts: era 14, zoe: its credit of \d+ is not pending, and nothing can have released it/,
  ],
  [
    'a pending credit that is larger than its statement',
    (table) =>
      table.account('zoe', (zoe) => {
        const credit = found(zoe.pending, () => true)
        credit.amount += 1n
        zoe.available -= 1n
      }),
    /^accounts: era \d+, zoe: its pending credit: \d+ expected, \d+ found$/,
  ],
  [
    'a hold of a payout that is gone',
    (table) =>
      table.account('ann', (ann) => {
        ann.holds = ann.holds.filter(({ amount }) => amount !== 60n)
        ann.available += 60n
      }),
    /^accounts: ann: the hold payout#\w+ keeps 0, and by the journal 60/,
    /^records: ann: payout#\w+ waits, and its hold of 60 is gone$/,
  ],
  [
    'a hold that keeps more than it was made for',
    (table) =>
      table.account('ann', (ann) => {
        found(ann.holds, ({ amount }) => amount === 60n).amount = 65n
        ann.available -= 5n
      }),
    /^accounts: ann: the hold payout#\w+ keeps 65, and by the journal 60/,
    /^records: ann: what the hold payout#\w+ keeps for its record: 60 expected, 65 found$/,
  ],
  [
    'a hold for nothing',
    (table) =>
      table.account('cay', (cay) => {
        cay.holds.push({ id: 'order#none', amount: 3n })
        cay.available -= 3n
      }),
    /^records: cay: the hold order#none keeps 3 of it for nothing that still waits$/,
  ],
  [
    'a stake that has grown',
    (table) =>
      table.account('dee', (dee) => {
        found(dee.stakes, ({ until }) => until === undefined).amount += 10n
        dee.available -= 10n
      }),
    /^accounts: dee: the stake firm has 4\d\d standing: by the journal 500, less what was slashed of it, 50 in all$/,
  ],
  [
    'a fact in an outbox lost',
    (table) => table.account('ann', (ann) => (ann.outbox = [])),
    /^accounts: ann: what commands tell the next settlement \(outbox\): .*"amount":"13".* expected/,
    /^conservation: .*: 13 is lost$/,
  ],
  [
    'a fact in an outbox twice',
    (table) => table.account('ann', (ann) => ann.outbox.push(...ann.outbox)),
    /^accounts: ann: what commands tell the next settlement/,
    /^conservation: .*: 13 came from nowhere$/,
  ],
  [
    'what an account had when the open era began',
    (table) => table.account('ann', (ann) => found(ann.openings, () => true).amount--),
    /^accounts: era 15, ann: what it had when the era began, as its page has it: \d+ expected, \d+ found$/,
  ],
  [
    'a grant that vests faster',
    (table) => table.account('bob', (bob) => (found(bob.vesting, () => true).amount = 901n)),
    /^accounts: bob: what vests for it: .*"amount":"900".* expected, .*"amount":"901".* found$/,
  ],
  [
    'an account that nothing ever named',
    (table) =>
      table.page('ann', ({ accounts }) => {
        accounts.push({ ...found(accounts, () => true), account: 'nobody' })
      }),
    /^accounts: nobody, page \d+: neither genesis nor journal nor a statement knows it$/,
    /^accounts: nobody, page \d+: it belongs to page \d+$/,
  ],
  [
    'a page that is gone',
    (table) => table.drop(...placeOf('eve')),
    /^accounts: PAGES#\d+ \/ \d+: the page is missing: it has eve$/,
  ],
  [
    'a page that says it has a later statement',
    (table) => table.page('cay', (page) => (page.creditedThrough += 1)),
    /^accounts: page \d+: the last era that is credited to it: \d+ expected, \d+ found$/,
  ],
]

/** The journal, and what accounts are shown of it. */
export const JOURNAL: Corruption[] = [
  [
    'a journal entry dropped',
    (table) => table.drop(entryWith(table, isTransfer(11n))),
    /^accounts: cay: all that it ever got from other accounts: 0 expected, 11 found$/,
    /^journal: ann: it has an entry \S+#cmd#somebody#test#\d+ of a command that the journal does not have$/,
  ],
  [
    'a journal entry altered',
    (table) =>
      table.change<JournalEntry>(entryWith(table, isTransfer(11n)), '.', ({ moves }) => {
        for (const move of moves) if (move.move === 'transfer') move.amount = 12n
      }),
    /^accounts: cay: all that it ever got from other accounts: 12 expected, 11 found$/,
    /^journal: cay: its entry of cmd#somebody#test#\d+ says .*"amount":"11".*, the journal .*"amount":"12"/,
  ],
  [
    "an account's entry dropped",
    (table) =>
      table.drop(
        'ENTRIES#cay',
        found(table.list('ENTRIES#cay'), (sk) => sk.startsWith(eraKey(13))),
      ),
    /^journal: cay: its entry of cmd#somebody#test#\d+ is missing$/,
  ],
  [
    'nothing marks that commands told an era something',
    (table) =>
      table.drop(
        'OUTBOX#15',
        found(table.list('OUTBOX#15'), () => true),
      ),
    /^journal: era 15: commands told it something, and nothing marks that \(OUTBOX\)$/,
  ],
]
