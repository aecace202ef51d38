import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { entriesResponse, statementResponse } from '../../../shared/api/contracts/accounts.ts'
import { changeOf, readEntries } from '../../../shared/api/entries.ts'
import { readStatement } from '../../../shared/api/statement.ts'
import type { Account } from '../../../shared/domain/account.ts'
import type { Move } from '../../../shared/domain/moves.ts'
import type { AccountEntry } from '../../../shared/ledger/ports.ts'
import { shortId } from '../../../shared/ledger/short-id.ts'
import { HOUR, ORIGIN, settled } from './settled-network.ts'

const paid = (from: Account, to: Account, amount: bigint): Move => ({
  move: 'transfer',
  from,
  to,
  amount,
  why: 'transfer',
})

let made = 0
/** A command of an era, later than those made before. */
function entry(era: number, ...moves: Move[]): AccountEntry {
  made += 1
  return { id: `cmd#test#post#${made}`, era, at: made, networkAt: ORIGIN + era * HOUR + made, moves }
}

const of = (amount: string) => ({ amount, asset: 'DOT18', decimals: 18 })

async function entriesOf(entries: AccountEntry[], account: Account, query: object = {}) {
  const { reader } = await settled({ entries })
  const answer = await readEntries(reader, { account, limit: 20, ...query })
  expect(entriesResponse.parse(answer)).toEqual(answer)
  return answer
}

describe('entries', () => {
  it.each<[string, Move, object | undefined]>([
    [
      'paid',
      { ...paid('ann', 'bob', 5n), memo: 'rent' } as Move,
      { move: 'transfer', amount: of('5'), change: of('-5'), other: 'bob', memo: 'rent' },
    ],
    ['received', paid('bob', 'ann', 5n), { amount: of('5'), change: of('5'), other: 'bob' }],
    [
      'deposited',
      { move: 'transfer', from: '@external', to: 'ann', amount: 5n, why: 'deposit' },
      { change: of('5'), other: '@external', why: { code: 'deposit', words: 'a deposit from outside' } },
    ],
    [
      'held',
      { move: 'hold', account: 'ann', id: 'order#1', amount: 5n, until: ORIGIN },
      { amount: of('5'), change: of('0'), hold: 'order#1', until: '2026-01-01T00:00:00Z' },
    ],
    [
      'released',
      { move: 'release', account: 'ann', id: 'order#1', amount: 5n },
      { amount: of('5'), change: of('0'), hold: 'order#1' },
    ],
    ['extended', { move: 'extend', account: 'ann', id: 'order#1' }, { change: of('0'), hold: 'order#1' }],
    [
      'paid out of a hold',
      { move: 'capture', from: 'ann', hold: 'order#1', to: 'bob', amount: 5n, why: 'x' },
      { amount: of('5'), change: of('-5'), other: 'bob', hold: 'order#1', why: { code: 'x', words: 'x' } },
    ],
    [
      'paid out of the hold of another',
      { move: 'capture', from: 'bob', hold: 'order#1', to: 'ann', amount: 5n, why: 'x' },
      { amount: of('5'), change: of('5'), other: 'bob' },
    ],
    [
      'charged by the network',
      { move: 'charge', account: 'ann', hold: 'b#1', id: 'b1', kind: 'access_requirement', amount: 5n },
      {
        amount: of('5'),
        change: of('-5'),
        other: '@charged',
        hold: 'b#1',
        why: { code: 'charge.access_requirement', words: 'income "access_requirement" of the network' },
      },
    ],
    [
      'staked',
      { move: 'stake', account: 'ann', lot: 'a', amount: 5n, lockSeconds: 9 },
      { amount: of('5'), change: of('0'), lot: 'a' },
    ],
    [
      'unstaked',
      { move: 'unstake', account: 'ann', lot: 'a', amount: 5n, unbondingMs: 9 },
      { amount: of('5'), change: of('0'), lot: 'a' },
    ],
    [
      'slashed',
      {
        move: 'slash',
        account: 'ann',
        id: 's',
        lot: 'a',
        amount: 5n,
        to: '@burn',
        by: 'council',
        reason: 'y',
      },
      { amount: of('5'), change: of('-5'), other: '@burn', lot: 'a', by: 'council', memo: 'y' },
    ],
    [
      'stopped',
      { move: 'end', account: 'ann', of: 'Charge', id: 'booking#b', at: 5, refundTo: 'ann' },
      { change: of('0'), hold: 'booking#b', why: { code: 'end', words: expect.stringContaining('stopped') } },
    ],
    [
      'told to the settlement only',
      { move: 'due', account: 'ann', id: 'd', obligation: 'utilisation', amount: 5n },
      undefined,
    ],
  ])('say what was %s', async (_, move, told) => {
    const { entries } = await entriesOf([entry(1, move, paid('ann', 'cyd', 1n))], 'ann')
    const moves = entries[0]?.moves ?? []
    expect(moves).toHaveLength(told ? 2 : 1)
    if (told) expect(moves[0]).toMatchObject({ move: move.move, why: { code: expect.any(String) }, ...told })
  })

  it('have the command, its era and its moment by the network clock, newest first', async () => {
    const all = [
      entry(0, paid('ann', 'bob', 1n)),
      entry(1, paid('bob', 'ann', 2n)),
      entry(3, paid('ann', 'bob', 3n)),
    ]
    const { entries, next } = await entriesOf(all, 'ann')
    expect(entries.map(({ command, era, at }) => [command, era, Date.parse(at)])).toEqual(
      all.toReversed().map(({ id, era, networkAt }) => [shortId(id), era, networkAt]),
    )
    expect(next).toBeUndefined()
    expect((await entriesOf(all, 'ann', { era: 1 })).entries.map(({ era }) => era)).toEqual([1])
    expect((await entriesOf(all, 'ann', { era: 2 })).entries).toEqual([])
  })

  it('keep the key of who asked to themselves, and say which event it was', async () => {
    const deposit = { ...entry(1, paid('@external', 'ann', 1n)), id: 'evt#TokensDeposited#0xab' }
    const all = [{ ...entry(1, paid('ann', 'bob', 1n)), id: 'cmd#ann#POST /x#invoice-of-bob' }, deposit]
    const { entries } = await entriesOf(all, 'ann')
    expect(JSON.stringify(entries)).not.toContain('invoice')
    expect(entries.map(({ command }) => command).sort()).toEqual([
      shortId('cmd#ann#POST /x#invoice-of-bob'),
      'evt#TokensDeposited#0xab',
    ])
  })

  it('go on where they stopped, and only in their own list', async () => {
    const all = Array.from({ length: 7 }, (_, n) => entry(1, paid('ann', 'bob', BigInt(n + 1))))
    const { reader } = await settled({ entries: all })
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const answer = await readEntries(reader, { account: 'ann', era: 1, cursor, limit: 3 })
      expect(answer.entries.length).toBeLessThanOrEqual(3)
      seen.push(...answer.entries.map(({ command }) => command))
      cursor = answer.next
    } while (cursor !== undefined)
    expect(seen).toEqual(all.toReversed().map(({ id }) => shortId(id)))
    const { next } = await readEntries(reader, { account: 'ann', era: 1, limit: 3 })
    for (const other of [{ account: 'bob', era: 1 }, { account: 'ann' }, { account: 'ann', era: 2 }])
      await expect(readEntries(reader, { ...other, cursor: next, limit: 3 })).rejects.toMatchObject({
        code: 'InvalidCursor',
      })
    await expect(readEntries(reader, { account: 'nobody', limit: 3 })).rejects.toMatchObject({
      code: 'UnknownAccount',
    })
  })

  it('change on both sides what they change at all: nothing is made on the way', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 30n })
    fc.assert(
      fc.property(amount, (amount) => {
        const capture = { move: 'capture', from: 'ann', to: 'bob', hold: 'h', amount, why: 'x' } as const
        const transfer = { move: 'transfer', from: 'ann', to: 'bob', amount, why: 'x' } as const
        for (const move of [capture, transfer]) {
          expect(changeOf(move, 'ann') + changeOf(move, 'bob')).toBe(0n)
          expect(changeOf(move, 'bob')).toBe(amount)
        }
      }),
    )
  })
})

async function statementOf(network: Awaited<ReturnType<typeof settled>>, query: object = {}) {
  const answer = await readStatement(network.reader, { account: 'ann', limit: 20, ...query })
  expect(statementResponse.parse(answer)).toEqual(answer)
  return answer
}

describe('a statement', () => {
  it('has what commands did beside what the era did, and eras in which only commands did anything', async () => {
    const entries = [
      entry(0, paid('ann', 'bob', 1n)),
      entry(2, paid('bob', 'ann', 2n)),
      entry(2, paid('bob', 'ann', 3n)),
      entry(3, paid('ann', 'bob', 4n)),
    ]
    const network = await settled({ entries })
    const { rows, next } = await statementOf(network)
    expect(rows.map(({ era, lines, entries, more }) => [era, lines.length, entries.length, more])).toEqual([
      [2, 0, 2, false],
      [1, 2, 0, false],
      [0, 2, 1, false],
    ])
    expect(rows[0]).toMatchObject({ credited: of('0'), capped: [], dues: {} })
    expect(rows[0]?.entries.map(({ moves }) => moves[0]?.change)).toEqual([of('3'), of('2')])
    expect(next).toBeUndefined()
    expect((await statementOf(network, { era: 2 })).rows).toEqual(rows.slice(0, 1))
  })

  it('shows the newest twenty entries of an era, and says that there are more', async () => {
    const many = Array.from({ length: 21 }, (_, n) => entry(2, paid('bob', 'ann', BigInt(n + 1))))
    const { rows } = await statementOf(
      await settled({ entries: [entry(1, paid('bob', 'ann', 1n)), ...many] }),
    )
    expect(rows.map(({ era, entries, more }) => [era, entries.length, more])).toEqual([
      [2, 20, true],
      [1, 1, false],
      [0, 0, false],
    ])
    expect(rows[0]?.entries[0]?.command).toBe(shortId(many.at(-1)?.id ?? ''))
  })

  it('looks at so many entries an answer, and goes on with the era that it did not finish', async () => {
    const of = (era: number, count: number) =>
      Array.from({ length: count }, () => entry(era, paid('bob', 'ann', 1n)))
    const network = await settled({ entries: [...of(0, 3), ...of(1, 250), ...of(2, 5)] })
    const first = await statementOf(network)
    expect(first.rows.map(({ era, more }) => [era, more])).toEqual([[2, false]])
    const second = await statementOf(network, { cursor: first.next })
    expect(second.rows.map(({ era, more }) => [era, more])).toEqual([[1, true]])
    const third = await statementOf(network, { cursor: second.next })
    expect(third.rows.map(({ era, more, entries }) => [era, more, entries.length])).toEqual([[0, false, 3]])
    expect(third.next).toBeUndefined()
  })

  it('has each era that did anything once, whatever the answers are cut into', async () => {
    const LAST = 9
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(LAST + 1), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (eras, limit) => {
          const entries = eras.toSorted((a, b) => a - b).map((era) => entry(era, paid('ann', 'bob', 1n)))
          const network = await settled({ entries })
          // Era 2 counted nothing: the range that begins with it goes on to era 9, as one seal.
          const quiet = network.seals[2]
          if (quiet) quiet.through = LAST
          network.state.sealedThrough = LAST
          const rows: { era: number; count: number; more: boolean }[] = []
          let cursor: string | undefined
          let answers = 0
          do {
            const answer = await statementOf(network, { cursor, limit })
            expect(answer.rows.length).toBeLessThanOrEqual(limit)
            rows.push(...answer.rows.map(({ era, entries, more }) => ({ era, count: entries.length, more })))
            cursor = answer.next
            answers += 1
          } while (cursor !== undefined && answers < 50)
          const expected = [...new Set([0, 1, ...eras])].filter((era) => era <= LAST).sort((a, b) => b - a)
          expect(rows.map(({ era }) => era)).toEqual(expected)
          for (const { era, count, more } of rows) {
            const all = eras.filter((one) => one === era).length
            expect([count, more]).toEqual([Math.min(all, 20), all > 20])
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
