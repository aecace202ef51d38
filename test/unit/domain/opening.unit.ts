import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXTERNAL, pageOf } from '../../../shared/domain/account.ts'
import { applyStatement } from '../../../shared/domain/apply.ts'
import { sum } from '../../../shared/domain/money.ts'
import { applyMoves, labelOf, type Move, pagesOf } from '../../../shared/domain/moves.ts'
import { openingOf } from '../../../shared/domain/opening.ts'
import { balanceOf, emptyPage, type Page } from '../../../shared/domain/page.ts'
import { deposit, moved, stateOf, time, transfer } from '../../support/moves.ts'

describe('given the opening of an era', () => {
  const openings = (pages: readonly Page[], account: string, eras: number[]) =>
    eras.map((era) => openingOf(stateOf(pages, account), era))

  it('when a deposit comes in an era, then it counts from the next one', () => {
    const pages = moved(['ann'], [[deposit('ann', 10n)], { label: 2, era: 2 }])
    expect(openings(pages, 'ann', [0, 1, 2, 3, 4])).toEqual([0n, 0n, 0n, 10n, 10n])
  })

  it('when eras go by between two changes, then all of them open with what was there', () => {
    const pages = moved(
      ['ann'],
      [[deposit('ann', 10n)], { label: 0, era: 0 }],
      [[transfer('ann', EXTERNAL, 4n)], { label: 5, era: 5 }],
      [[deposit('ann', 1n)], { label: 5, era: 5 }],
    )
    expect(openings(pages, 'ann', [0, 1, 4, 5, 6])).toEqual([0n, 10n, 10n, 10n, 7n])
    expect(stateOf(pages, 'ann').openings).toHaveLength(2)
  })

  it('when a deposit lies ahead of the clock, then it counts from its own era on, whatever comes before it', () => {
    const pages = moved(
      ['ann'],
      [[deposit('ann', 10n)], { label: 0, era: 3 }],
      [[deposit('ann', 1n)], { label: 0, era: 0 }],
    )
    expect(openings(pages, 'ann', [0, 1, 2, 3, 4])).toEqual([0n, 1n, 1n, 1n, 11n])
    expect(pages[0]?.label).toBe(0)
  })

  it('when no policy weighs by balance, then nothing is kept', () => {
    const pages = moved(['ann'], [[deposit('ann', 10n)], { freezes: false }])
    expect(stateOf(pages, 'ann').openings).toEqual([])
  })

  it('when an era is sealed, then its opening is forgotten with the next change', () => {
    const pages = moved(
      ['ann'],
      [[deposit('ann', 10n)], { label: 2, era: 2 }],
      [[deposit('ann', 1n)], { label: 3, era: 3, sealedThrough: 2 }],
    )
    expect(stateOf(pages, 'ann').openings).toEqual([{ through: 3, amount: 10n }])
  })
})

/**
 * A network that goes on while it is settled, page by page, against one that stops at every opening: it notes what
 * commands had moved by then, and adds the credits of all eras but the last before it, settled by then or not.
 */
const ACCOUNTS = Array.from({ length: 8 }, (_, i) => `account-${i}`)
const PAGES = [...new Set(ACCOUNTS.map(pageOf))]
const LAST = 6

type Step =
  | { do: 'open' }
  | { do: 'settle' }
  | { do: 'transfer'; from: string; to: string; part: number }
  | { do: 'deposit'; to: string; amount: bigint; ahead: number }
const someone = fc.constantFrom(...ACCOUNTS)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ do: 'open' as const }) },
  { weight: 9, arbitrary: fc.constant({ do: 'settle' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('transfer' as const),
      from: someone,
      to: someone,
      part: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('deposit' as const),
      to: someone,
      amount: fc.bigInt({ min: 1n, max: 1_000n }),
      ahead: fc.constantFrom(0, 0, 0, 1, 3),
    }),
  },
)

describe('settling while commands go on', () => {
  it('weighs every era as if the world had stopped at its opening', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 300 }), fc.nat(999), (steps, salt) => {
        const credit = (era: number, account: string) =>
          BigInt((era * 7919 + ACCOUNTS.indexOf(account) * 104_729 + salt) % 5) * 10n
        const pages = new Map(PAGES.map((page) => [page, emptyPage(page)]))
        const get = (account: string) => pages.get(pageOf(account)) as Page
        let [openEra, sealedThrough] = [0, -1]
        const moved: { account: string; era: number; amount: bigint }[] = []

        /** Settlement of the oldest closed era, one page at a time: all are weighed, then all are credited. */
        let todo: (() => void)[] = []
        const weighed: { era: number; account: string; opening: bigint }[] = []
        const settle = () => {
          const era = sealedThrough + 1
          if (todo.length === 0 && era < openEra) {
            const accountsOf = (page: number) => ACCOUNTS.filter((account) => pageOf(account) === page)
            const weigh = (page: number) => () => {
              for (const account of accountsOf(page)) {
                weighed.push({ era, account, opening: openingOf(stateOf([...pages.values()], account), era) })
              }
            }
            const pay = (page: number) => () => {
              const rows = accountsOf(page).flatMap((account) => {
                const credited = credit(era, account)
                return credited > 0n ? [{ account, lines: [], capped: [], credited, dues: {} }] : []
              })
              const statement = { era, page, at: era + 1, releaseAt: era + 1 + (salt % 2), rows }
              if (rows.length > 0) pages.set(page, applyStatement(pages.get(page) as Page, statement, true))
            }
            const seal = () => {
              sealedThrough = era
            }
            todo = [...PAGES.map(weigh), ...PAGES.toReversed().map(pay), seal]
          }
          todo.shift()?.()
        }
        const act = (moves: Move[], ahead = -1) => {
          const changed = pagesOf(moves).map((page) => pages.get(page) as Page)
          const label = labelOf(openEra, changed)
          const era = Math.max(label, ahead)
          const when = time({ label, era, sealedThrough, at: openEra, position: openEra })
          for (const page of applyMoves(changed, moves, when)) pages.set(page.page, page)
          for (const move of moves) {
            if (move.move !== 'transfer') continue
            moved.push({ account: move.from, era, amount: -move.amount })
            moved.push({ account: move.to, era, amount: move.amount })
          }
        }
        for (const one of steps) {
          if (one.do === 'open') openEra = Math.min(openEra + 1, LAST)
          else if (one.do === 'settle') settle()
          else if (one.do === 'deposit') act([deposit(one.to, one.amount)], openEra + one.ahead)
          else {
            const { available } = stateOf([get(one.from)], one.from)
            const amount = (available * BigInt(one.part)) / 100n
            if (amount > 0n && one.from !== one.to) act([transfer(one.from, one.to, amount)])
          }
        }
        for (const { era, account, opening } of weighed) {
          const commands = moved.filter((move) => move.account === account && move.era < era)
          const credits = Array.from({ length: Math.max(0, era - 1) }, (_, before) => credit(before, account))
          expect(opening).toBe(sum([...commands.map(({ amount }) => amount), ...credits]))
        }
        for (const state of [...pages.values()].flatMap(({ accounts }) => accounts)) {
          expect(balanceOf(state)).toBe(state.earned + state.deposited + state.received - state.paid)
        }
      }),
      { numRuns: 300 },
    )
  })
})
