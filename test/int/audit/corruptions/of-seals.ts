import { canonical, hex } from '../../../../infra/cli/audit/arithmetic.ts'
import type { Plan, SystemState } from '../../../../shared/domain/plan.ts'
import type { Seal } from '../../../../shared/domain/seal.ts'
import type { Carried } from '../../../../shared/domain/weights.ts'
import { bytesValue, numberValue } from '../../../../shared/store/attributes.ts'
import { type Damaged, found } from '../damage.ts'
import { type Corruption, eraKey } from './corruption.ts'

/** Changes a seal and gives it the hash that it then must have, as a forger would. */
function forge(table: Damaged, era: number, change: (seal: Seal) => void): void {
  table.change<Seal>('SEALS', eraKey(era), (seal) => {
    change(seal)
    const { hash: _, ...body } = seal
    seal.hash = hex(canonical(body))
  })
}

/** What settlement froze. */
export const SETTLED: Corruption[] = [
  [
    'a statement changed',
    (table) => table.row(7, 'ann', (row) => (row.credited += 1n)),
    /^statements: era 7, ann: what it is credited, the sum of its lines less what was capped: \d+ expected, \d+ found$/,
    /^statements: era 7: the digest of the statements: \w+ expected, \w+ found$/,
    /^accounts: ann: all that it ever earned: \d+ expected, \d+ found$/,
  ],
  [
    'a share larger than its receipt',
    (table) =>
      table.row(7, 'ann', (row) => {
        found(row.lines, ({ column }) => column !== undefined).amount += 1n
        row.credited += 1n
      }),
    /^statements: era 7, ann: its share of \S+ \(T \d+, W \d+, C \d+, w \d+\): \d+ expected, \d+ found$/,
  ],
  [
    'a weight in a receipt that nothing gives',
    (table) =>
      table.row(7, 'ann', ({ lines }) => {
        const line = found(lines, ({ weight }) => weight !== undefined)
        line.weight = (line.weight ?? 0n) + 1n
      }),
    /^statements: era 7, ann: the running sum C of its share of \S+: \d+ expected, \d+ found$/,
  ],
  [
    'a row missing in a statement',
    (table) =>
      table.statement(7, 'ann', (statement) => {
        statement.rows = statement.rows.filter(({ account }) => account !== 'ann')
      }),
    /^statements: era 7: the sum of all shares of \S+: \d+ expected, \d+ found$/,
    /^statements: era 7: the number of accounts that are credited: \d+ expected, \d+ found$/,
  ],
  [
    'a credit that may be spent earlier than was decided',
    (table) => table.statement(7, 'ann', (statement) => (statement.releaseAt -= 1)),
    /^statements: era 7, ann: the release time in its statement: \d+ expected, \d+ found$/,
  ],
  [
    'what a partition was credited',
    (table) => table.change<{ credited: bigint }>('ERA#7', 'CREDIT#00', (totals) => (totals.credited += 1n)),
    /^statements: era 7, ERA#7 \/ CREDIT#00: its credited: \S+ expected, \S+ found$/,
  ],
  [
    "a seal's hash",
    (table) => table.change<Seal>('SEALS', eraKey(5), (seal) => (seal.hash = hex('x'))),
    /^chain: era 5: the hash of its seal: \w{64} expected, \w{64} found$/,
    /^chain: era 6: the hash of the seal before: \w{64} expected, \w{64} found$/,
  ],
  [
    'a seal rewritten with a hash that fits',
    (table) => forge(table, 14, (seal) => (seal.net -= 1n)),
    /^books: era 14: its seal and its plan differ in net: "1629" and "1630"$/,
    /^chain: the last seal that SYSTEM follows: \w{64} expected, \w{64} found$/,
  ],
  [
    'a quiet era that is said to have earned something',
    (table) => forge(table, 9, (seal) => (seal.net = 1n)),
    /^decision: era 9: its net: 0 expected, 1 found$/,
    /^chain: era 13: the hash of the seal before/,
  ],
  [
    'a seal dropped',
    (table) => table.drop('SEALS', eraKey(6)),
    /^chain: era 6: no seal covers it, and era 7 is sealed$/,
  ],
  [
    "money of the network's own that a seal does not know",
    (table) => table.change<SystemState>('SYSTEM', '.', ({ balances }) => (balances['@reserve'] = 1n)),
    /^chain: @reserve, SYSTEM \/ \.: the balance of @reserve after the last seal: \d+ expected, 1 found$/,
    /^conservation: .*: \d+ is lost$/,
  ],
  [
    'a plan changed after it was carried out',
    (table) => table.change<Plan>('ERA#5', 'PLAN', (plan) => (plan.releaseAt += 1)),
    /^books: era 5: its seal and its plan differ in releaseAt: \d+ and \d+$/,
  ],
  [
    'a weight changed after it was frozen',
    (table) => {
      const items = table.items.flatMap(({ pk, sk }) =>
        pk?.S?.startsWith('WEIGHTS#7#') ? [[pk.S, sk?.S ?? ''] as const] : [],
      )
      type Rows = { account: string; weights: bigint[] }[]
      const [pk, sk] = found(items, ([pk, sk]) =>
        table.read<Rows>(pk, sk).some(({ account }) => account === 'ann'),
      )
      table.change<Rows>(pk, sk, (rows) => {
        const row = found(rows, ({ account }) => account === 'ann')
        row.weights[0] = 4n
      })
    },
    /^weights: era 7, ann: its weight in group miners \(.*\): 3000000000 expected, 4 found$/,
    /^weights: era 7, ERA#7 \/ WEIGHT#\d\d: the sum of the weights in column 0: \d+ expected, \d+ found$/,
  ],
  [
    'a spread that is not carried on',
    (table, { items }) => {
      const carried = items.flatMap(({ pk, sk }) =>
        pk?.S?.startsWith('CARRIED#') && sk?.S === eraKey(14) ? [pk.S] : [],
      )
      const pk = found(carried, (pk) => table.read<Carried>(pk, eraKey(14)).spreads.length > 0)
      table.change<Carried>(pk, eraKey(14), (state) => {
        state.spreads = []
      })
    },
    /^decision: what is carried of the spread of \w+ .*: .* expected, nothing found$/,
  ],
  [
    'a held era that was paid and nobody decided',
    (table) => table.drop('DECISIONS#2', eraKey(1)),
    /^decision: era 2: what it did of what was decided: \[\] expected, \[.*"decision":"pay".*\] found$/,
  ],
  [
    'a policy version changed',
    (table) =>
      table.change<{ text: string }>('POLICY', 'v000002', (stored) => {
        stored.text = stored.text.replace('"82%"', '"81%"')
      }),
    /^policies: POLICY \/ v000002: the hash of policy version 2: \w{64} expected, \w{64} found$/,
    /^decision: era 14: its lines: .* expected, .* found$/,
  ],
  [
    'an era said to be sealed that is not',
    (table) => table.set('STATE', '.', { sealedThrough: numberValue(15), closedThrough: numberValue(15) }),
    /^chain: sealedThrough of STATE: 14 expected, 15 found$/,
    /^chain: openEra of STATE, after closedThrough: 16 expected, 15 found$/,
  ],
  [
    'a fence that stands in an era that is closed',
    (table) =>
      table.set(
        'FENCE',
        found(table.list('FENCE'), () => true),
        { openEra: numberValue(14) },
      ),
    /^chain: FENCE \/ \d+: the open era: 15 expected, 14 found$/,
  ],
]

/** Items as such. */
export const STORED: Corruption[] = [
  [
    'an item of which a byte has turned',
    (table) => table.set('ERA#5', 'PLAN', { d: bytesValue(Buffer.from([1, 40, 181, 47])) }),
    /^reading: ERA#5 \/ PLAN: it cannot be read: stored data is not the zstd frame it was written as$/,
  ],
  [
    'an item that no version of the product writes',
    (table) => table.copy('STATE', '.', { pk: 'STATES' }),
    /^reading: STATES \/ \.: no reader knows such an item$/,
  ],
]
