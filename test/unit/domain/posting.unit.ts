import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXTERNAL, pageOf } from '../../../shared/domain/account.ts'
import { applyStatement } from '../../../shared/domain/apply.ts'
import { sum } from '../../../shared/domain/money.ts'
import { openingOf } from '../../../shared/domain/opening.ts'
import { balanceOf, emptyPage, newAccount, type Page } from '../../../shared/domain/page.ts'
import type { Posting } from '../../../shared/domain/plan.ts'
import {
  applyPostings,
  labelOf,
  type PostingTime,
  pagesOfPostings,
  postingsOfDeposit,
} from '../../../shared/domain/posting.ts'

const posting = (from: string, to: string, amount: bigint): Posting => ({ from, to, amount, why: 'test' })
const time = (more: Partial<PostingTime> = {}): PostingTime => ({
  label: 0,
  era: 0,
  sealedThrough: -1,
  freezes: true,
  ...more,
})
const deposit = (to: string, amount: bigint) => posting(EXTERNAL, to, amount)

/** All pages of these accounts, after postings one after the other. */
function posted(accounts: readonly string[], ...steps: [Posting[], Partial<PostingTime>?][]): Page[] {
  const numbers = [...new Set(accounts.map(pageOf))].sort((a, b) => a - b)
  return steps.reduce(
    (pages, [postings, when]) => applyPostings(pages, postings, time(when)),
    numbers.map(emptyPage),
  )
}
const stateOf = (pages: readonly Page[], account: string) =>
  pages.flatMap(({ accounts }) => accounts).find((state) => state.account === account) ?? newAccount(account)

describe('given accounts on their pages', () => {
  it('when something is deposited and passed on, then every lifetime figure adds up to what each has', () => {
    const pages = posted(
      ['ann', 'bob'],
      [[deposit('ann', 100n)]],
      [[posting('ann', 'bob', 30n), posting('bob', EXTERNAL, 10n)]],
    )
    expect(stateOf(pages, 'ann')).toMatchObject({ available: 70n, deposited: 100n, received: 0n, paid: 30n })
    expect(stateOf(pages, 'bob')).toMatchObject({ available: 20n, deposited: 0n, received: 30n, paid: 10n })
  })

  it('when an account would pay more than it has available, then it says so, pending credits or not', () => {
    const state = { ...newAccount('ann'), available: 5n, pending: [{ era: 0, amount: 9n, releaseAt: 0 }] }
    const page = { ...emptyPage(pageOf('ann')), accounts: [state] }
    expect(() => applyPostings([page], [posting('ann', EXTERNAL, 6n)], time())).toThrow('ann has 5, not 6')
    expect(() => applyPostings([page], [posting('nobody', EXTERNAL, 1n)], time())).toThrow('nobody has 0')
  })

  it('when pages change, then all take the one label and each its next version', () => {
    const pages = posted(['ann', 'bob'], [[deposit('ann', 2n)], { label: 3, era: 3 }])
    expect(pages.map(({ label, version }) => [label, version])).toEqual([
      [3, 1],
      [3, 1],
    ])
    expect(labelOf(1, pages)).toBe(3)
    expect(labelOf(4, pages)).toBe(4)
  })

  it('when a deposit is read, then it comes from outside under an id of its own for ever', () => {
    const event = { name: 'TokensDeposited', id: 'd#1', account: 'ann', amount: 7n, occurredAt: 0 } as const
    expect(postingsOfDeposit(event)).toEqual({
      id: 'evt#TokensDeposited#d#1',
      postings: [{ from: '@external', to: 'ann', amount: 7n, why: 'deposit' }],
    })
  })
})

describe('what is no command', () => {
  const many = Array.from({ length: 5 }, (_, i) => deposit(`account-${i}`, 1n))
  it.each([
    ['nothing at all', [], 'changes 1 to 4 pages: got 0'],
    ['more pages than a command may change', many, 'changes 1 to 4 pages: got 5'],
    ['a system account', [posting('@pool', 'ann', 1n)], 'moves what participants have: got @pool'],
    ['an amount of nothing', [deposit('ann', 0n)], 'a posting moves something: got 0'],
    [
      'an account paying itself',
      [posting('ann', 'ann', 1n)],
      'a posting moves something: got 1 from ann to ann',
    ],
  ])('%s is refused', (_, postings, message) => {
    expect(() => pagesOfPostings(postings)).toThrow(message)
  })

  it('four pages are', () => {
    expect(pagesOfPostings(many.slice(0, 4))).toHaveLength(4)
  })
})

describe('given the opening of an era', () => {
  const openings = (pages: readonly Page[], account: string, eras: number[]) =>
    eras.map((era) => openingOf(stateOf(pages, account), era))

  it('when a deposit comes in an era, then it counts from the next one', () => {
    const pages = posted(['ann'], [[deposit('ann', 10n)], { label: 2, era: 2 }])
    expect(openings(pages, 'ann', [0, 1, 2, 3, 4])).toEqual([0n, 0n, 0n, 10n, 10n])
  })

  it('when eras go by between two changes, then all of them open with what was there', () => {
    const pages = posted(
      ['ann'],
      [[deposit('ann', 10n)], { label: 0, era: 0 }],
      [[posting('ann', EXTERNAL, 4n)], { label: 5, era: 5 }],
      [[deposit('ann', 1n)], { label: 5, era: 5 }],
    )
    expect(openings(pages, 'ann', [0, 1, 4, 5, 6])).toEqual([0n, 10n, 10n, 10n, 7n])
    expect(stateOf(pages, 'ann').openings).toHaveLength(2)
  })

  it('when a deposit lies ahead of the clock, then it counts from its own era on, whatever comes before it', () => {
    const pages = posted(
      ['ann'],
      [[deposit('ann', 10n)], { label: 0, era: 3 }],
      [[deposit('ann', 1n)], { label: 0, era: 0 }],
    )
    expect(openings(pages, 'ann', [0, 1, 2, 3, 4])).toEqual([0n, 1n, 1n, 1n, 11n])
    expect(pages[0]?.label).toBe(0)
  })

  it('when no policy weighs by balance, then nothing is kept', () => {
    const pages = posted(['ann'], [[deposit('ann', 10n)], { freezes: false }])
    expect(stateOf(pages, 'ann').openings).toEqual([])
  })

  it('when an era is sealed, then its opening is forgotten with the next change', () => {
    const pages = posted(
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
        const act = (postings: Posting[], era = -1) => {
          const changed = pagesOfPostings(postings).map((page) => pages.get(page) as Page)
          const label = labelOf(openEra, changed)
          const when = { label, era: Math.max(label, era), sealedThrough, freezes: true }
          for (const page of applyPostings(changed, postings, when)) pages.set(page.page, page)
          for (const { from, to, amount } of postings) {
            moved.push({ account: from, era: when.era, amount: -amount })
            moved.push({ account: to, era: when.era, amount })
          }
        }
        for (const one of steps) {
          if (one.do === 'open') openEra = Math.min(openEra + 1, LAST)
          else if (one.do === 'settle') settle()
          else if (one.do === 'deposit') act([deposit(one.to, one.amount)], openEra + one.ahead)
          else {
            const { available } = stateOf([get(one.from)], one.from)
            const amount = (available * BigInt(one.part)) / 100n
            if (amount > 0n && one.from !== one.to) act([posting(one.from, one.to, amount)])
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
