import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as inventory from '../../../../shared/domain/payout/inventory.ts'
import { newInventory, supplied } from '../../../../shared/domain/payout/inventory.ts'
import {
  announced,
  ended,
  exchangeTerms,
  hasEnded,
  isUnannounced,
  isWaiting,
  movesOf,
  ownTerms,
  type Payout,
  postponed,
  RETRY_MS,
  released,
  requested,
  requireMinimum,
  requireOffered,
} from '../../../../shared/domain/payout/payout.ts'

const HOUR = 3_600_000
const policy = (timelock = HOUR, payout: { minimum?: bigint; assets?: string[] } = { assets: ['USDC'] }) => ({
  asset: { symbol: 'TEST', decimals: 6 },
  payout: { timelock, ...payout },
})
const asked = { id: 'p1', account: 'ann', destination: 'iban-1', terms: ownTerms(70n, policy()) }
const locked = requested(asked, 1_000, policy())
const free = requested(asked, 1_000, policy(0))
const rate = { id: 'r1', asset: 'USDC', era: 3, numerator: 1n, denominator: 2n, occurredAt: 0 }
const usdc = supplied(newInventory({ asset: 'USDC', decimals: 2, account: 'desk' }), 100n)

describe('a payout that is asked for', () => {
  it('is locked for as long as the policy says', () => {
    expect(locked).toEqual({
      id: 'p1',
      account: 'ann',
      asked: 70n,
      amount: 70n,
      asset: 'TEST',
      decimals: 6,
      out: 70n,
      destination: 'iban-1',
      state: 'TIMELOCKED',
      requestedAt: 1_000,
      releaseAt: 1_000 + HOUR,
      dueAt: 1_000 + HOUR,
      history: [
        { state: 'REQUESTED', at: 1_000 },
        { state: 'TIMELOCKED', at: 1_000 },
      ],
    })
  })

  it('waits for nothing where the policy has no timelock', () => {
    expect(free).toMatchObject({ state: 'REQUESTED', releaseAt: 1_000, history: [{ state: 'REQUESTED' }] })
    expect(released(free, 1_000, policy(0)).state).toBe('RELEASED')
  })

  it('holds what it charges, under its own name', () => {
    expect(movesOf(locked)).toEqual([{ move: 'hold', account: 'ann', id: 'payout#p1', amount: 70n }])
  })

  it.each([
    ['less than the policy’s minimum', 9n, 10n, 0n],
    ['less than the account’s own', 11n, 10n, 12n],
    ['nothing', 0n, undefined, 0n],
  ])('is not %s', (_, amount, minimum, own) => {
    const wanted = policy(0, minimum === undefined ? {} : { minimum })
    expect(() => requireMinimum(amount, wanted, own)).toThrow(
      expect.objectContaining({ code: 'BelowMinimum', message: expect.stringContaining(`got ${amount}`) }),
    )
  })

  it('is in the network’s asset or one that the policy offers', () => {
    for (const asset of ['TEST', 'USDC']) requireOffered(asset, policy())
    expect(() => requireOffered('EURC', policy())).toThrow('payouts are in TEST, USDC: got "EURC"')
    expect(() => requireOffered('USDC', policy(0, {}))).toThrow('payouts are in TEST: got "USDC"')
  })
})

describe('a payout in another asset', () => {
  it('freezes its rate, reserves what leaves, and charges only what that takes', () => {
    const { terms, inventory } = exchangeTerms(7n, { account: 'ann', rate, inventory: usdc })
    expect(terms).toEqual({
      asked: 7n,
      amount: 6n,
      asset: 'USDC',
      decimals: 2,
      out: 3n,
      exchange: { rate, to: 'desk' },
    })
    expect(inventory).toMatchObject({ balance: 97n, reserved: 3n })
  })

  it.each([
    ['more than there is', 'ann', 202n, 'NotEnoughInventory', 'USDC has 100, not 101'],
    ['nothing', 'ann', 1n, 'BelowMinimum', '1 at 1/2 is less than one base unit of USDC'],
    ['the inventory’s own account', 'desk', 10n, 'OwnInventory', 'desk would be charged for its own USDC'],
  ])('is refused for %s', (_, account, amount, code, text) => {
    expect(() => exchangeTerms(amount, { account, rate, inventory: usdc })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) }),
    )
  })

  it('pays the inventory’s account in the end, one in the network’s asset the world outside', () => {
    const { terms } = exchangeTerms(7n, { account: 'ann', rate, inventory: usdc })
    const other = ended(released(requested({ ...asked, terms }, 0, policy(0)), 0, policy(0)), 'CONFIRMED', 1)
    const capture = { move: 'capture', from: 'ann', hold: 'payout#p1', why: 'payout.p1' }
    expect(movesOf(other)).toEqual([{ ...capture, to: 'desk', amount: 6n }])
    const own = ended(released(free, 1_000, policy(0)), 'CONFIRMED', 2_000)
    expect(movesOf(own)).toEqual([{ ...capture, to: '@external', amount: 70n }])
  })
})

type Step = 'release' | 'announce' | 'CONFIRMED' | 'FAILED' | 'CANCELLED'
const STEPS: Step[] = ['release', 'announce', 'CONFIRMED', 'FAILED', 'CANCELLED']

function take(payout: Payout, step: Step, at: number): Payout {
  if (step === 'release') return released(payout, at, policy())
  return step === 'announce' ? announced(payout, at) : ended(payout, step, at)
}

describe('the life of a payout', () => {
  const due = locked.releaseAt
  const done = released(locked, due, policy())

  it('is released from its release time on, not before', () => {
    expect(() => released(locked, due - 1, policy())).toThrow(
      'a payout is released from 1970-01-01T01:00:01Z on: p1 is TIMELOCKED, now is 1970-01-01T01:00:00.999Z',
    )
    expect(done).toMatchObject({ state: 'RELEASED' })
    expect(done.history.at(-1)).toEqual({ state: 'RELEASED', at: due })
  })

  it.each([
    [locked, 'CONFIRMED', 'a payout is confirmed once it is released: p1 is TIMELOCKED'],
    [free, 'FAILED', 'a payout is failed once it is released: p1 is REQUESTED'],
    [done, 'CANCELLED', 'a payout is cancelled before it is released: p1 is RELEASED'],
    [ended(done, 'CONFIRMED', due), 'FAILED', 'p1 is CONFIRMED'],
    [ended(done, 'CONFIRMED', due), 'CONFIRMED', 'p1 is CONFIRMED'],
    [ended(done, 'FAILED', due), 'CONFIRMED', 'p1 is FAILED'],
    [ended(locked, 'CANCELLED', due), 'CONFIRMED', 'p1 is CANCELLED'],
    [ended(locked, 'CANCELLED', due), 'CANCELLED', 'p1 is CANCELLED'],
  ] as const)('from %# is refused what does not follow', (payout, how, text) => {
    expect(() => ended(payout, how, due)).toThrow(
      expect.objectContaining({ code: 'PayoutState', message: expect.stringContaining(text) }),
    )
  })

  it('in another asset is not taken back, for its price stands, unless the asset is paid out no more', () => {
    const { terms } = exchangeTerms(7n, { account: 'ann', rate, inventory: usdc })
    const other = requested({ ...asked, terms }, 1_000, policy())
    expect(() => ended(other, 'CANCELLED', due)).toThrow(
      expect.objectContaining({
        code: 'PayoutFixed',
        message:
          'a payout in another asset is not cancelled, for its price stands from the request on: p1 is 6 for 3 USDC',
      }),
    )
    const waiting = postponed(other, due, { code: 'AssetNotOffered', message: 'why' })
    expect(ended(waiting, 'CANCELLED', due).state).toBe('CANCELLED')
    const gone = released(other, due, policy())
    expect(ended(gone, 'FAILED', due).state).toBe('FAILED')
    expect(() => ended(gone, 'CANCELLED', due)).toThrow(expect.objectContaining({ code: 'PayoutState' }))
  })

  it('ends once, and what it held goes one way: whatever steps are tried in whatever order', () => {
    const tries = fc.array(fc.record({ step: fc.constantFrom(...STEPS), after: fc.nat(2 * HOUR) }))
    fc.assert(
      fc.property(tries, fc.constantFrom(locked, free), (drawn, start) => {
        let payout = start
        let at = payout.requestedAt
        const moved: string[] = []
        for (const { step, after } of drawn) {
          at += after
          if (step === 'announce' && !isUnannounced(payout)) continue
          try {
            payout = take(payout, step, at)
          } catch (error) {
            expect(error).toMatchObject({ code: 'PayoutState' })
            continue
          }
          if (step !== 'announce') moved.push(...movesOf(payout).map(({ move }) => move))
        }
        const states = payout.history.map(({ state }) => state)
        expect(states.at(-1)).toBe(payout.state)
        expect(new Set(states).size).toBe(states.length)
        expect(moved).toEqual(hasEnded(payout) ? [payout.state === 'CONFIRMED' ? 'capture' : 'release'] : [])
        if (states.includes('CANCELLED')) expect(states).not.toContain('RELEASED')
        const lockedUntil = payout.history.find(({ state }) => state === 'RELEASED')?.at
        if (lockedUntil !== undefined) expect(lockedUntil).toBeGreaterThanOrEqual(payout.releaseAt)
        expect(
          [isWaiting(payout), isUnannounced(payout), hasEnded(payout)].filter(Boolean).length,
        ).toBeLessThan(2)
      }),
    )
  })

  it('that cannot be released just now stays put with the reason, and goes on later', () => {
    const usdcPayout: Payout = { ...locked, asset: 'USDC' }
    expect(() => released(usdcPayout, due, policy(HOUR, {}))).toThrow(
      expect.objectContaining({ code: 'AssetNotOffered' }),
    )
    const waiting = postponed(usdcPayout, due, { code: 'AssetNotOffered', message: 'why' })
    expect(waiting).toMatchObject({
      state: 'TIMELOCKED',
      dueAt: due + RETRY_MS,
      waitsFor: { at: due, code: 'AssetNotOffered', message: 'why' },
    })
    const gone = released(waiting, due + RETRY_MS, policy())
    expect(gone.state).toBe('RELEASED')
    expect(gone).not.toHaveProperty('waitsFor')
  })
})

describe('an inventory', () => {
  it('adds up after any steps, and gives no more than it has', () => {
    const steps = fc.array(
      fc.record({
        step: fc.constantFrom('supplied', 'reserved', 'givenBack', 'spent'),
        amount: fc.bigInt({ min: 1n, max: 50n }),
      }),
    )
    fc.assert(
      fc.property(steps, (drawn) => {
        let stock = newInventory({ asset: 'USDC', decimals: 2, account: 'desk' })
        let [given, gone] = [0n, 0n]
        const open: bigint[] = []
        for (const { step, amount } of drawn) {
          if (step === 'supplied') {
            stock = inventory.supplied(stock, amount)
            given += amount
          } else if (step === 'reserved') {
            if (amount > stock.balance) {
              expect(() => inventory.reserved(stock, amount)).toThrow(
                `USDC has ${stock.balance}, not ${amount}`,
              )
              continue
            }
            stock = inventory.reserved(stock, amount)
            open.push(amount)
          } else {
            const out = open.pop()
            if (out === undefined) continue
            stock = step === 'spent' ? inventory.spent(stock, out) : inventory.givenBack(stock, out)
            if (step === 'spent') gone += out
          }
        }
        const reserved = open.reduce((sum, out) => sum + out, 0n)
        expect(stock).toMatchObject({
          deposited: given,
          spent: gone,
          reserved,
          balance: given - gone - reserved,
        })
      }),
    )
  })

  it('that would have to give back what nobody reserved stops', () => {
    expect(() => inventory.givenBack(usdc, 1n)).toThrow(expect.objectContaining({ code: 'InvariantBroken' }))
    expect(() => inventory.spent(usdc, 1n)).toThrow(expect.objectContaining({ code: 'InvariantBroken' }))
  })

  it('takes no more than an amount can be', () => {
    const full = supplied(newInventory({ asset: 'USDC', decimals: 2, account: 'desk' }), 10n ** 38n - 1n)
    expect(() => supplied(full, 1n)).toThrow(expect.objectContaining({ code: 'TooMuchInventory' }))
  })
})
