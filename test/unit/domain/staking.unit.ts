import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sum } from '../../../shared/domain/money.ts'
import { type AccountState, balanceOf, newAccount, stakedOf } from '../../../shared/domain/page.ts'
import { type CommandTime, matured } from '../../../shared/domain/release.ts'
import { stakeTime } from '../../../shared/domain/stake.ts'
import { MAX_STAKES, slash, spansOf, stake, stakedAt, unstake } from '../../../shared/domain/staking.ts'

const has = (available: bigint, rest: Partial<AccountState> = {}): AccountState => ({
  ...newAccount('ann'),
  available,
  deposited: available,
  ...rest,
})
const time = (at: number, settledTo = 0): CommandTime => ({
  at,
  position: at,
  label: 0,
  era: 0,
  sealedThrough: -1,
  settledTo,
  freezes: false,
})
const code = (expected: string) => expect.objectContaining({ code: expected })
const day = { lot: 'a', lockSeconds: 86_400 }
const DAY_MS = 86_400_000
const staked = stake(has(10n), { ...day, amount: 6n }, time(1_000))
const taking = (amount: bigint, unbondingMs = 500) => ({ lot: 'a', amount, unbondingMs })

describe('given tokens that are available', () => {
  it('when they are staked, then they weigh and are locked from the first moment, and are still the account’s', () => {
    expect(staked).toMatchObject({
      available: 4n,
      stakes: [{ lot: 'a', amount: 6n, lockSeconds: 86_400, from: 1_000, lockedUntil: 1_000 + DAY_MS }],
    })
    expect(balanceOf(staked)).toBe(10n)
  })

  it('when more than is available is staked, or a lot that stands, then it says so', () => {
    expect(() => stake(staked, { lot: 'b', amount: 5n, lockSeconds: 0 }, time(1))).toThrow('ann has 4, not 5')
    expect(() => stake(staked, { lot: 'a', amount: 1n, lockSeconds: 0 }, time(1))).toThrow(
      code('StakeExists'),
    )
  })

  it('when the account has as many stakes as it may, then one more is refused', () => {
    const stakes = Array.from({ length: MAX_STAKES }, (_, i) => ({ ...lotOf(staked), lot: `lot-${i}` }))
    const more = { lot: 'more', amount: 1n, lockSeconds: 0 }
    expect(() => stake(has(1n, { stakes }), more, time(1))).toThrow(code('TooManyStakes'))
    expect(stake(has(1n, { stakes: stakes.slice(1) }), more, time(1)).stakes).toHaveLength(MAX_STAKES)
  })
})

describe('given eras in blocks', () => {
  const inBlocks = (at: number, position: number) => ({ ...time(at), position })
  const over = 1_000 + DAY_MS

  it('when tokens are staked and unstaked, then they weigh by blocks, and are locked and unbonded by moments', () => {
    const made = stake(has(10n), { ...day, amount: 6n }, inBlocks(1_000, 7))
    expect(made.stakes).toMatchObject([{ from: 7, lockedUntil: over }])
    expect(() => unstake(made, taking(6n), inBlocks(over - 1, 9))).toThrow(code('StakeLocked'))
    const gone = unstake(made, taking(6n), inBlocks(over, 9))
    expect(gone.stakes).toMatchObject([{ from: 7, until: 9, returnsAt: over + 500 }])
  })
})

describe('given a stake', () => {
  const over = 1_000 + DAY_MS

  it('when its lock is not over, then it stays', () => {
    expect(() => unstake(staked, taking(1n), time(1_000))).toThrow(code('StakeLocked'))
    expect(() => unstake(staked, taking(1n), time(over - 1))).toThrow(
      'is locked until 1970-01-02T00:00:01Z, now is 1970-01-02T00:00:00.999Z',
    )
  })

  it('when it is unstaked, then it weighs no more at once, and its tokens come back when unbonding is over', () => {
    const gone = unstake(staked, taking(6n), time(over))
    expect(gone).toMatchObject({
      available: 4n,
      stakes: [{ amount: 6n, until: over, returnsAt: over + 500 }],
    })
    expect(stakedOf(gone)).toBe(6n)
    expect(matured(gone, time(over + 499)).available).toBe(4n)
    expect(matured(gone, time(over + 500))).toMatchObject({ available: 10n })
  })

  it('when a part is unstaked, then the rest stands as it was', () => {
    const part = unstake(staked, taking(2n), time(over))
    expect(part.stakes).toMatchObject([{ amount: 4n }, { amount: 2n, until: over }])
    expect(part.stakes[0]).toEqual({ ...lotOf(staked), amount: 4n })
  })

  it('when it is unstaked whole, then its name is free again', () => {
    const again = stake(unstake(staked, taking(6n), time(over)), { ...day, amount: 1n }, time(over + 1))
    expect(again.stakes).toMatchObject([{ until: over }, { lot: 'a', amount: 1n, from: over + 1 }])
  })

  it('when more is asked for than it has, or what is not there, then it says so', () => {
    expect(() => unstake(staked, taking(7n), time(over))).toThrow('a of ann has 6, not 7')
    expect(() => unstake(has(1n), taking(1n), time(over))).toThrow('a of ann is not there')
    const gone = unstake(staked, taking(6n), time(over))
    expect(() => unstake(gone, taking(1n), time(over))).toThrow(code('StakeNotHeld'))
  })

  it('when it was only reported from outside, then there are no tokens to get', () => {
    const reported = has(1n, { lots: [{ lot: 'a', amount: 9n, lockSeconds: 0, at: 0 }] })
    expect(() => unstake(reported, taking(1n), time(over))).toThrow(
      'reported from outside and no tokens of it are here',
    )
    expect(() => slash(reported, taking(1n), time(over))).toThrow(code('StakeNotHeld'))
  })

  it('when there is no room for another stake, then a part cannot be unstaked, and all of it can', () => {
    const others = Array.from({ length: MAX_STAKES - 1 }, (_, i) => ({ ...lotOf(staked), lot: `lot-${i}` }))
    const full = { ...staked, stakes: [...staked.stakes, ...others] }
    expect(() => unstake(full, taking(1n), time(over))).toThrow(code('TooManyStakes'))
    expect(unstake(full, taking(6n), time(over)).stakes).toHaveLength(MAX_STAKES)
  })
})

describe('given a stake that is slashed', () => {
  it('when it stands, then a part leaves the account, lock or not, and has weighed up to now', () => {
    const slashed = slash(staked, { lot: 'a', amount: 2n }, time(5_000))
    expect(slashed).toMatchObject({ available: 4n, paid: 2n })
    expect(slashed.stakes).toMatchObject([{ amount: 4n }, { amount: 2n, until: 5_000, isReturned: true }])
    expect(balanceOf(slashed)).toBe(8n)
    expect(stakedAt(slashed.stakes, 5_000)).toBe(6n)
    expect(stakedAt(slashed.stakes, 5_001)).toBe(4n)
  })

  it('when some of it is on its way back, then what stands is taken first, and unbonding is no way out', () => {
    const half = unstake(staked, taking(4n), time(1_000 + DAY_MS))
    const slashed = slash(half, { lot: 'a', amount: 3n }, time(2_000 + DAY_MS))
    expect(stakedOf(slashed)).toBe(3n)
    expect(matured(slashed, time(1e12, 1e12))).toMatchObject({ available: 7n, paid: 3n, stakes: [] })
    expect(() => slash(half, { lot: 'a', amount: 7n }, time(2_000))).toThrow('a of ann has 6, not 7')
  })

  it('when the account has as many stakes as it may, then that is no way out either', () => {
    const others = Array.from({ length: MAX_STAKES - 1 }, (_, i) => ({ ...lotOf(staked), lot: `lot-${i}` }))
    const full = { ...staked, stakes: [...staked.stakes, ...others] }
    expect(slash(full, { lot: 'a', amount: 1n }, time(5_000)).stakes).toHaveLength(MAX_STAKES + 1)
  })

  it('when its tokens came back already, then there is nothing of it', () => {
    const back = matured(unstake(staked, taking(6n), time(1_000 + DAY_MS)), time(2_000 + DAY_MS))
    expect(() => slash(back, { lot: 'a', amount: 1n }, time(3_000 + DAY_MS))).toThrow(code('StakeNotHeld'))
  })

  it('when it began at the same moment, then it never weighed and nothing is kept of it', () => {
    expect(slash(staked, { lot: 'a', amount: 6n }, time(1_000)).stakes).toEqual([])
  })
})

describe('given what stakes weigh in an era from 100 to 200', () => {
  const at = (from: number, until?: number) => ({
    ...lotOf(staked),
    amount: 3n,
    from,
    ...(until !== undefined && { until }),
  })

  it.each([
    ['stands from before', at(10), 100, 3n],
    ['begins inside', at(150), 50, 3n],
    ['begins with the era', at(100), 100, 3n],
    ['begins when it ends', at(200), 0, 0n],
    ['stops inside', at(10, 160), 60, 0n],
    ['begins and stops inside', at(120, 160), 40, 0n],
    ['stops when it ends', at(10, 200), 100, 3n],
    ['stops after it', at(10, 300), 100, 3n],
    ['stopped when it began', at(10, 100), 0, 0n],
    ['began and stopped at once', at(150, 150), 0, 0n],
  ])('when a stake %s, then it counts for the time it was there', (_, one, ms, atEnd) => {
    const expected = ms > 0 ? [{ amount: 3n, lockSeconds: 86_400, ms }] : []
    expect(spansOf([one], 100, 200)).toEqual(expected)
    expect(stakedAt([one], 200)).toBe(atEnd)
  })
})

/** Commands of one account about its stakes, in order of time, against levels that are written down beside them. */
describe('staking, unstaking and slashing in any order', () => {
  const step = fc.record({
    does: fc.constantFrom('stake', 'stake', 'unstake', 'unstake', 'slash', 'wait'),
    lot: fc.constantFrom('a', 'b', 'c'),
    part: fc.bigInt(1n, 4n),
    later: fc.integer({ min: 0, max: 40 }),
    unbondingMs: fc.integer({ min: 0, max: 60 }),
  })
  const LENGTH = 100
  const FLAT = [[0, 1_000_000_000n]] as const

  it('takes nobody below zero, moves a balance only by slashing, and every era weighs what stood in it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        let [state, at, settledEras] = [has(1_000n), 0, 0]
        let slashed = 0n
        /** How the level that stands has changed, and when. */
        const levels: { at: number; change: bigint }[] = []
        const settle = () => {
          for (; (settledEras + 1) * LENGTH <= at; settledEras += 1) {
            const [from, to] = [settledEras * LENGTH, (settledEras + 1) * LENGTH]
            const expected = levels.reduce(
              (total, level) => total + level.change * BigInt(Math.max(0, to - Math.max(from, level.at))),
              0n,
            )
            expect(stakeTime(spansOf(state.stakes, from, to), FLAT) / 1_000_000_000n).toBe(expected)
            expect(stakedAt(state.stakes, to)).toBe(
              sum(levels.filter((level) => level.at < to).map(({ change }) => change)),
            )
          }
        }
        for (const { does, lot, part, later, unbondingMs } of steps) {
          at += later
          settle()
          const now = time(at, settledEras * LENGTH)
          state = matured(state, now)
          const standing = sum(
            state.stakes
              .filter((one) => one.lot === lot && one.until === undefined)
              .map(({ amount }) => amount),
          )
          const there = sum(
            state.stakes.filter((one) => one.lot === lot && !one.isReturned).map(({ amount }) => amount),
          )
          const amount =
            ((does === 'stake' ? state.available : does === 'unstake' ? standing : there) * part) / 4n
          if (amount === 0n || does === 'wait' || (does === 'stake' && standing > 0n)) continue
          const before = balanceOf(state)
          if (does === 'stake') {
            state = stake(state, { lot, amount, lockSeconds: 0 }, now)
            levels.push({ at, change: amount })
          } else if (does === 'unstake') {
            state = unstake(state, { lot, amount, unbondingMs }, now)
            levels.push({ at, change: -amount })
          } else {
            state = slash(state, { lot, amount }, now)
            slashed += amount
            levels.push({ at, change: -(amount < standing ? amount : standing) })
          }
          expect(balanceOf(state)).toBe(before - (does === 'slash' ? amount : 0n))
          expect(state.available >= 0n && state.stakes.every((one) => one.amount > 0n)).toBe(true)
          expect(balanceOf(state)).toBe(1_000n - slashed)
        }
        at += 2 * LENGTH
        settle()
        const open = state.stakes.filter(({ until }) => until === undefined)
        expect(matured(state, time(at, at)).stakes).toEqual(open)
      }),
      { numRuns: 300 },
    )
  })
})

function lotOf(state: AccountState) {
  const [first] = state.stakes
  if (first === undefined) throw new Error('nothing is staked')
  return first
}
