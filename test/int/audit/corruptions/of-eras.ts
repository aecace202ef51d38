import { hex } from '../../../../infra/cli/audit/arithmetic.ts'
import type { FoldHeader, SeenEra } from '../../../../shared/settlement/ports.ts'
import { bytesValue } from '../../../../shared/store/attributes.ts'
import { encodePlain } from '../../../../shared/store/codec.ts'
import { type Damaged, found } from '../damage.ts'
import { type Corruption, eraKey } from './corruption.ts'

type Row = { id: string; amount: bigint }

/** The segment of an era's log with an event in it. */
function segmentOf(table: Damaged, era: number, id: string): [pk: string, sk: string] {
  const segments = [0, 1, 2, 3].flatMap((shard) =>
    table.list(`LOG#${era}#${shard}`).map((sk): [string, string] => [`LOG#${era}#${shard}`, sk]),
  )
  return found(segments, ([pk, sk]) => table.read<Row[]>(pk, sk).some((event) => event.id === id))
}

/** The log, and what eras counted of it. */
export const LOG: Corruption[] = [
  [
    "a segment's event altered",
    (table) =>
      table.change<Row[]>(...segmentOf(table, 4, 'f7'), (rows) => {
        found(rows, ({ id }) => id === 'f7').amount = 130_000n
      }),
    /^log: era 4, ERA#4 \/ FOLD#\d: its log holds other events than it counted: by digest \w+, not \w+$/,
    /^decision: era 4: its income: 91376 expected, 84376 found$/,
  ],
  [
    "a segment's event dropped",
    (table) =>
      table.change<Row[]>(...segmentOf(table, 4, 'f7'), (rows) => {
        rows.splice(
          rows.findIndex(({ id }) => id === 'f7'),
          1,
        )
      }),
    /^log: era 4, LOG#4#\d \/ \w+: the count of events beside the segment: 0 expected, 1 found$/,
    /^log: era 4, ERA#4 \/ FOLD#\d: an event that it counted is no longer in its log: hash \w{16}$/,
    /^counting: era 4: how many FeeCharged it counted: 0 expected, 1 found$/,
  ],
  [
    "a segment's event twice",
    (table) =>
      table.change<Row[]>(...segmentOf(table, 4, 'f7'), (rows) => rows.push(found(rows, () => true))),
    /^log: era 4, LOG#4#\d \/ \w+: the count of events beside the segment: 2 expected, 1 found$/,
  ],
  [
    'an event of a sealed era that nobody counted',
    (table) =>
      table.change<Row[]>(...segmentOf(table, 4, 'f7'), (rows) => {
        const [event] = rows as [Row]
        rows.push({ ...event, id: 'f7-b' })
      }),
    /^log: era 4: FeeCharged "f7-b" is in its log, and neither it nor any other era counted it/,
  ],
  [
    'a hash beside a segment that is not of its event',
    (table) => table.set(...segmentOf(table, 4, 'f7'), { h: bytesValue(encodePlain(BigUint64Array.of(7n))) }),
    /^log: era 4, LOG#4#\d \/ \w+: FeeCharged "f7" has another's hash beside it$/,
  ],
  [
    'a segment that begins before it says so',
    (table) => table.set(...segmentOf(table, 4, 'f7'), { e: { N: '9999999999999' } }),
    /^log: era 4, LOG#4#\d \/ \w+: it begins at \d+, before what stands beside it: 9999999999999$/,
  ],
  [
    'a whole segment gone',
    (table) => table.drop(...segmentOf(table, 2, 'f6')),
    /^counting: era 2: how many FeeCharged it counted: \d expected, \d found$/,
    /^decision: era 2: its income: \d+ expected, 216357 found$/,
  ],
  [
    'what an era counted is not remembered',
    (table) => table.drop('SEEN#0', eraKey(0)),
    /^log: era 0, ERA#0 \/ FOLD#0: what it counted is not remembered \(SEEN\): it could count again$/,
  ],
  [
    'an event that was counted and is not remembered',
    (table) => {
      const shard = segmentOf(table, 0, 'f0')[0].slice(-1)
      table.change<SeenEra>(`SEEN#${shard}`, eraKey(0), (seen) => {
        seen.hashes = seen.hashes.slice(1)
      })
    },
    /^log: era 0, ERA#0 \/ FOLD#\d: its log holds other events than it counted/,
  ],
  [
    'a fold that says it counted something else',
    (table) => table.change<FoldHeader>('ERA#4', 'FOLD#0', ({ totals }) => (totals.digest = hex('x'))),
    /^log: era 4, ERA#4 \/ FOLD#0: its log holds other events than it counted/,
  ],
  [
    'a purchase that costs more than was counted',
    (table) => table.change<{ amount: bigint }>('PURCHASE#c0', '.', (cost) => (cost.amount = 301n)),
    /^counting: era 0: the purchase "c0": .*"amount":"300".* expected, .*"amount":"301".* found$/,
  ],
  [
    'a purchase lost',
    (table) => table.drop('PURCHASE#c1'),
    /^counting: era 0: cost "c1" was counted, and its purchase is missing$/,
  ],
]
