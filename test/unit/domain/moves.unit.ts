import { describe, expect, it } from 'vitest'
import { EXTERNAL, pageOf } from '../../../shared/domain/account.ts'
import { sum } from '../../../shared/domain/money.ts'
import {
  accountsOf,
  applyMoves,
  carryOut,
  commandOfDeposit,
  entriesByAccount,
  haveFacts,
  labelOf,
  MAX_OUTBOX,
  MAX_PAGES,
  type Move,
  pagesOf,
} from '../../../shared/domain/moves.ts'
import { balanceOf, emptyPage, newAccount, type OutboxFact, type Page } from '../../../shared/domain/page.ts'
import { type CommandTime, matured } from '../../../shared/domain/release.ts'
import { deposit, moved, stateOf, time, transfer } from '../../support/moves.ts'

const code = (expected: string) => expect.objectContaining({ code: expected })

describe('given accounts on their pages', () => {
  it('when something is deposited and passed on, then every lifetime figure adds up to what each has', () => {
    const pages = moved(
      ['ann', 'bob'],
      [[deposit('ann', 100n)]],
      [[transfer('ann', 'bob', 30n), transfer('bob', EXTERNAL, 10n)]],
    )
    expect(stateOf(pages, 'ann')).toMatchObject({ available: 70n, deposited: 100n, received: 0n, paid: 30n })
    expect(stateOf(pages, 'bob')).toMatchObject({ available: 20n, deposited: 0n, received: 30n, paid: 10n })
  })

  it('when an account would pay more than it has available, then it says so, pending credits or not', () => {
    const state = { ...newAccount('ann'), available: 5n, pending: [{ era: 0, amount: 9n, releaseAt: 0 }] }
    const page = { ...emptyPage(pageOf('ann')), accounts: [state] }
    expect(() => applyMoves([page], [transfer('ann', EXTERNAL, 6n)], time())).toThrow('ann has 5, not 6')
    expect(() => applyMoves([page], [transfer('nobody', EXTERNAL, 1n)], time())).toThrow(code('NotEnough'))
  })

  it('when time has released something, then it can be spent at once, and what is written has it', () => {
    const credit = { era: 0, amount: 9n, releaseAt: 50 }
    const state = {
      ...newAccount('ann'),
      pending: [credit, { ...credit, era: 1 }],
      earned: 18n,
      holds: [{ id: 'h', amount: 2n, until: 50 }],
      deposited: 2n,
    }
    const page = { ...emptyPage(pageOf('ann')), accounts: [state] }
    const spend = [transfer('ann', EXTERNAL, 10n)]
    expect(() => applyMoves([page], spend, time({ at: 49, sealedThrough: 0 }))).toThrow('ann has 0, not 10')
    const [after] = applyMoves([page], spend, time({ at: 50, sealedThrough: 0 }))
    expect(after?.accounts).toMatchObject([{ available: 1n, pending: [{ era: 1 }], holds: [], paid: 10n }])
  })

  it('when one move of a command cannot be done, then none is', () => {
    const pages = moved(['ann', 'bob'], [[deposit('ann', 5n)]])
    const before = structuredClone(pages)
    const moves = [transfer('ann', 'bob', 5n), transfer('ann', 'bob', 1n)]
    expect(() => applyMoves(pages, moves, time())).toThrow(code('NotEnough'))
    expect(pages).toEqual(before)
  })

  it('when pages change, then all take the one label and each its next version', () => {
    const pages = moved(['ann', 'bob'], [[deposit('ann', 2n)], { label: 3, era: 3 }])
    expect(pages.map(({ label, version }) => [label, version])).toEqual([
      [3, 1],
      [3, 1],
    ])
    expect(labelOf(1, pages)).toBe(3)
    expect(labelOf(4, pages)).toBe(4)
  })

  it('when a deposit is read, then it comes from outside under an id of its own for ever', () => {
    const event = { name: 'TokensDeposited', id: 'd#1', account: 'ann', amount: 7n, occurredAt: 0 } as const
    expect(commandOfDeposit(event)).toEqual({
      id: 'evt#TokensDeposited#d#1',
      moves: [{ move: 'transfer', from: '@external', to: 'ann', amount: 7n, why: 'deposit' }],
    })
  })
})

describe('given a hold', () => {
  const hold: Move = { move: 'hold', account: 'ann', id: 'order#1', amount: 8n, until: 100 }
  const changed = (moves: Move[], when: Partial<CommandTime> = {}) =>
    moved(['ann', 'bob'], [[deposit('ann', 10n)]], [[hold]], [moves, when])

  it('when it is captured, then that is the other’s at once, and the rest stays held', () => {
    const capture: Move = {
      move: 'capture',
      from: 'ann',
      hold: 'order#1',
      to: 'bob',
      amount: 5n,
      why: 'test',
    }
    const pages = changed([capture])
    expect(stateOf(pages, 'ann')).toMatchObject({ available: 2n, paid: 5n, holds: [{ amount: 3n }] })
    expect(stateOf(pages, 'bob')).toMatchObject({ available: 5n, received: 5n })
  })

  it('when it is over, then nothing can be captured any more, and it can be spent', () => {
    const capture: Move = {
      move: 'capture',
      from: 'ann',
      hold: 'order#1',
      to: 'bob',
      amount: 5n,
      why: 'test',
    }
    expect(() => changed([capture], { at: 100 })).toThrow(code('HoldEnded'))
    expect(stateOf(changed([transfer('ann', 'bob', 10n)], { at: 100 }), 'bob').available).toBe(10n)
  })

  it('when it is extended, then it is there as long as that', () => {
    const pages = changed([{ move: 'extend', account: 'ann', id: 'order#1', until: 300 }], { at: 99 })
    expect(heldAt(pages, 299)).toBe(8n)
    expect(heldAt(pages, 300)).toBe(0n)
  })

  it('when all of it is released, then the command says how much that was', () => {
    const release: Move = { move: 'release', account: 'ann', id: 'order#1' }
    const pages = moved(['ann'], [[deposit('ann', 10n)]], [[hold]])
    expect(carryOut(pages, [release], time()).moves).toEqual([{ ...release, amount: 8n }])
    expect(carryOut(pages, [{ ...release, amount: 3n }], time()).moves).toEqual([{ ...release, amount: 3n }])
  })

  it('when the network charges it, then that leaves the account and is a fact of the era that is open', () => {
    const spread = { from: 0, to: 50 }
    const charge: Move = {
      move: 'charge',
      account: 'ann',
      hold: 'order#1',
      id: 'booking#1',
      kind: 'access',
      amount: 8n,
      spread,
      refundTo: 'ann',
    }
    const state = stateOf(changed([charge], { label: 4, era: 4 }), 'ann')
    expect(state).toMatchObject({ available: 2n, holds: [], paid: 8n })
    expect(balanceOf(state)).toBe(2n)
    const { move: _, account: __, hold: ___, ...said } = charge
    expect(state.outbox).toEqual([{ era: 4, of: 'Charge', ...said }])
  })
})

describe('given what only tells the settlement something', () => {
  it('when an account is due something, and that ends, then its outbox says so and its money does not move', () => {
    const pages = moved(
      ['ann'],
      [
        [
          {
            move: 'due',
            account: 'ann',
            id: 'b',
            obligation: 'rent',
            amount: 9n,
            spread: { from: 0, to: 9 },
          },
        ],
      ],
      [[{ move: 'end', account: 'ann', of: 'Due', id: 'b', at: 5 }], { label: 1, era: 1 }],
      [
        [{ move: 'end', account: 'ann', of: 'Charge', id: 'c', at: 6, refundTo: 'bob', keep: 7n }],
        { label: 1, era: 1 },
      ],
    )
    const state = stateOf(pages, 'ann')
    expect(balanceOf(state)).toBe(0n)
    expect(state.outbox).toEqual([
      { era: 0, of: 'Due', id: 'b', obligation: 'rent', amount: 9n, spread: { from: 0, to: 9 } },
      { era: 1, of: 'DueEnded', id: 'b', at: 5 },
      { era: 1, of: 'ChargeEnded', id: 'c', at: 6, refundTo: 'bob', keep: 7n },
    ])
  })

  it('when an outbox is full, then the command says so', () => {
    const outbox: OutboxFact[] = Array.from({ length: MAX_OUTBOX }, (_, i) => ({
      era: 0,
      of: 'Due',
      id: `${i}`,
      obligation: 'rent',
      amount: 1n,
    }))
    const due: Move = { move: 'due', account: 'ann', id: 'more', obligation: 'rent', amount: 1n }
    const page = (facts: OutboxFact[]) => ({
      ...emptyPage(pageOf('ann')),
      accounts: [{ ...newAccount('ann'), outbox: facts }],
    })
    expect(() => applyMoves([page(outbox)], [due], time())).toThrow(code('OutboxFull'))
    expect(applyMoves([page(outbox.slice(1))], [due], time())[0]?.accounts[0]?.outbox).toHaveLength(
      MAX_OUTBOX,
    )
    const end: Move = { move: 'end', account: 'ann', of: 'Due', id: '1', at: 5 }
    const ended = applyMoves([page(outbox)], [end], time())
    expect(ended[0]?.accounts[0]?.outbox).toHaveLength(MAX_OUTBOX + 1)
  })

  it('when an outbox fills up after something was ordered, then the fee on it can still be taken', () => {
    const facts = (count: number): OutboxFact[] =>
      Array.from({ length: count }, (_, i) => ({
        era: 0,
        of: 'Due',
        id: `${i}`,
        obligation: 'rent',
        amount: 1n,
      }))
    const page = (count: number) => ({
      ...emptyPage(pageOf('ann')),
      accounts: [{ ...newAccount('ann'), available: 9n, outbox: facts(count) }],
    })
    const order: Move = { move: 'hold', account: 'ann', id: 'order#1', amount: 5n, charges: true }
    const due: Move = { move: 'due', account: 'ann', id: 'more', obligation: 'rent', amount: 1n }
    const fee: Move = { move: 'charge', account: 'ann', hold: 'order#1', id: 'f', kind: 'k', amount: 1n }
    expect(() => applyMoves([page(MAX_OUTBOX)], [order], time())).toThrow(code('OutboxFull'))
    const ordered = applyMoves([page(MAX_OUTBOX - 1)], [order], time())
    expect(() => applyMoves(ordered, [due], time())).toThrow(code('OutboxFull'))
    expect(applyMoves(ordered, [fee], time())[0]?.accounts[0]?.outbox).toHaveLength(MAX_OUTBOX)
  })

  it.each([
    ['a charge', { move: 'charge', account: 'ann', hold: 'h', id: 'c', kind: 'k', amount: 1n }, true],
    ['a due', { move: 'due', account: 'ann', id: 'd', obligation: 'o', amount: 1n }, true],
    ['an end', { move: 'end', account: 'ann', of: 'Due', id: 'd', at: 1 }, true],
    ['a slash', { move: 'slash', account: 'ann', id: 's', lot: 'l', amount: 1n, to: '@t' }, true],
    ['a transfer', transfer('ann', 'bob', 1n), false],
    ['a stake', { move: 'stake', account: 'ann', lot: 'l', amount: 1n, lockSeconds: 0 }, false],
  ] satisfies [string, Move, boolean][])(
    'when it is %s, then the era knows whether it has facts',
    (_, move, expected) => {
      expect(haveFacts([transfer('ann', 'bob', 1n), move])).toBe(expected)
    },
  )
})

describe('given a stake of a command', () => {
  const staked = moved(
    ['ann'],
    [[deposit('ann', 10n)]],
    [[{ move: 'stake', account: 'ann', lot: 'a', amount: 6n, lockSeconds: 0 }], { at: 5, position: 5 }],
  )

  it('when all of it is unstaked, then the command says how much that was', () => {
    const unstake: Move = { move: 'unstake', account: 'ann', lot: 'a', unbondingMs: 10 }
    const done = carryOut(staked, [unstake], time({ at: 7, position: 7 }))
    expect(done.moves).toEqual([{ ...unstake, amount: 6n }])
    expect(done.pages[0]?.accounts[0]?.stakes).toMatchObject([
      { amount: 6n, from: 5, until: 7, returnsAt: 17 },
    ])
  })

  it('when it is slashed, then that leaves the account and is a fact of the era', () => {
    const slash: Move = {
      move: 'slash',
      account: 'ann',
      id: 's1',
      lot: 'a',
      amount: 2n,
      to: '@insurance',
      by: 'bob',
    }
    const state = stateOf(applyMoves(staked, [slash], time({ label: 2, era: 2, at: 9, position: 9 })), 'ann')
    expect(balanceOf(state)).toBe(8n)
    expect(state.outbox).toEqual([{ era: 2, of: 'Slash', id: 's1', amount: 2n, to: '@insurance' }])
  })
})

describe('given what a command names', () => {
  it('when accounts are asked for, then each is there once, and the world outside is none', () => {
    const moves = [deposit('ann', 1n), transfer('ann', 'bob', 1n)]
    expect(accountsOf(moves)).toEqual(['ann', 'bob'])
  })

  it('when it is told by account, then each reads what moved its own money, and what it has stopped', () => {
    const due: Move = { move: 'due', account: 'bob', id: 'd', obligation: 'o', amount: 1n }
    const dueEnded: Move = { move: 'end', account: 'bob', of: 'Due', id: 'd', at: 1 }
    const stopped: Move = { move: 'end', account: 'ann', of: 'Charge', id: 'c', at: 1, refundTo: 'ann' }
    const moves = [deposit('ann', 1n), due, transfer('ann', 'bob', 1n), dueEnded, stopped]
    expect([...entriesByAccount(moves)]).toEqual([
      ['ann', [moves[0], moves[2], stopped]],
      ['bob', [moves[2]]],
    ])
  })
})

describe('what is no command', () => {
  const many = Array.from({ length: MAX_PAGES + 1 }, (_, i) => deposit(`account-${i}`, 1n))
  const slash: Move = { move: 'slash', account: 'ann', id: 's', lot: 'l', amount: 1n, to: '@t' }
  it.each([
    ['more pages than a command may change', many, `at most ${MAX_PAGES} pages: got ${MAX_PAGES + 1}`],
    ['a system account', [transfer('@pool', 'ann', 1n)], 'moves what participants have: got @pool'],
    ['what nobody counted yet', [transfer('@charged', 'ann', 1n)], 'got @charged'],
    ['an amount of nothing', [deposit('ann', 0n)], 'a transfer moves something: got 0'],
    [
      'a hold of less',
      [{ move: 'hold', account: 'ann', id: 'h', amount: -1n }],
      'a hold moves something: got -1',
    ],
    ['an account paying itself', [transfer('ann', 'ann', 1n)], 'from one account to another: got ann twice'],
    ['a slash to somebody', [{ ...slash, to: 'bob' }], 'goes to a system account: got bob'],
    ['a slash to the world outside', [{ ...slash, to: EXTERNAL }], 'goes to a system account: got @external'],
  ] satisfies [string, Move[], string][])('%s is refused', (_, moves, message) => {
    expect(() => pagesOf(moves)).toThrow(code('PostingRefused'))
    expect(() => pagesOf(moves)).toThrow(message)
  })

  it('as many pages as a command may change are one, and so is nothing at all', () => {
    expect(pagesOf(many.slice(0, MAX_PAGES))).toHaveLength(MAX_PAGES)
    expect(pagesOf([])).toEqual([])
  })
})

function heldAt(pages: readonly Page[], at: number): bigint {
  return sum(matured(stateOf(pages, 'ann'), time({ at })).holds.map(({ amount }) => amount))
}
