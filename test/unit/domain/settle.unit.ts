import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountOrder, isSystem } from '../../../shared/domain/account.ts'
import { eraAt } from '../../../shared/domain/calendar.ts'
import { cascadeShare } from '../../../shared/domain/cascade.ts'
import { type BusEvent, eventKey, positionOf, type TokensDeposited } from '../../../shared/domain/event.ts'
import { contentDigest } from '../../../shared/domain/event-line.ts'
import { sum } from '../../../shared/domain/money.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { canonicalJson, parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { sealHash } from '../../../shared/domain/sealing.ts'
import { allAccounts } from '../../../shared/domain/settle.ts'
import { type Case, drawCase } from '../../differential/case.ts'
import { seeded } from '../../differential/random.ts'
import { readSent } from '../../support/events.ts'
import { type Settled, settle } from '../../support/settled.ts'

/** A case is told by its seed: `npm run test:differential -- --runs 1 --seed S` draws the same. */
const seeds = fc.noShrink(fc.integer({ min: 1, max: 2 ** 30 }))
const RUNS = { numRuns: 60 }

const eventsOf = ({ events }: Case): BusEvent[] => events.flatMap(readSent)
const settleCase = (
  drawn: Case,
  options: { shards?: number; partitions?: number } = {},
  events = eventsOf(drawn),
) => settle(drawn.policy, events, drawn.eras, options)
const sealsOf = ({ eras }: Settled) => eras.map(({ seal }) => canonicalJson(seal))
const rowsOf = ({ eras }: Settled) =>
  eras.map(({ statements }) =>
    statements
      .flatMap(({ rows }) => rows)
      .sort((a, b) => (accountOrder(a.account) < accountOrder(b.account) ? -1 : 1)),
  )

/** Each event once: of conflicting copies the first, so that their order says nothing. */
function withoutConflicts(events: readonly BusEvent[]): BusEvent[] {
  const first = new Map<string, BusEvent>()
  for (const event of events) if (!first.has(eventKey(event))) first.set(eventKey(event), event)
  return events.filter(
    (event) => contentDigest(first.get(eventKey(event)) as BusEvent) === contentDigest(event),
  )
}

/** Of the copies of a deposit the one of the earliest era counts, in that era the first that was sent. */
function firstDeposits(drawn: Case): TokensDeposited[] {
  const { calendar } = parsePolicy(drawn.policy).era
  const eraOf = (event: BusEvent) => Math.max(-1, eraAt(calendar, positionOf(event, calendar)))
  const deposits = eventsOf(drawn).filter(
    (event): event is TokensDeposited => event.name === 'TokensDeposited',
  )
  const first = new Map<string, TokensDeposited>()
  for (const deposit of deposits.toSorted((a, b) => eraOf(a) - eraOf(b))) {
    if (!first.has(deposit.id)) first.set(deposit.id, deposit)
  }
  return [...first.values()]
}

describe('money is conserved', () => {
  it('what all hold is what the genesis gave and payers were charged, and what was deposited', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const drawn = drawCase(seed)
        const settled = await settleCase(drawn)
        const { genesis } = parsePolicy(drawn.policy)
        const given = [
          ...Object.values(genesis?.system ?? {}),
          ...Object.values(genesis?.accounts ?? {}).flatMap(({ balance, vesting }) => [
            balance,
            ...vesting.map(({ amount }) => amount),
          ]),
        ]
        const charged = settled.eras.flatMap(({ seal }) =>
          Object.values(seal.income.kinds).map((kind) => kind.charged),
        )
        const { network } = settled
        const deposited = firstDeposits(drawn).map(({ amount }) => amount)
        const held = [...Object.values(network.system.balances), ...allAccounts(network).map(balanceOf)]
        expect(sum(held)).toBe(sum(given) + sum(charged) + sum(deposited))
      }),
      RUNS,
    )
  })

  it('in every era: system before + income + rests = system after + credits, and no account is below 0', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const drawn = drawCase(seed)
        for (const { seal, statements } of (await settleCase(drawn)).eras) {
          const charged = sum(Object.values(seal.income.kinds).map((kind) => kind.charged))
          const rows = statements.flatMap(({ rows }) => rows).filter(({ account }) => !isSystem(account))
          const credited = sum(rows.map((row) => row.credited))
          expect(seal.credits.total).toBe(credited)
          expect(sum(Object.values(seal.opening)) + charged).toBe(sum(Object.values(seal.system)) + credited)
          expect(Object.values(seal.system).every((balance) => balance > 0n)).toBe(true)
          expect(seal.postings.every(({ amount, from, to }) => amount > 0n && from !== to)).toBe(true)
        }
      }),
      RUNS,
    )
  })
})

describe('every share has a receipt', () => {
  it('the four numbers of a line prove its amount, and it is within one unit of its quota', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const drawn = drawCase(seed)
        for (const { plan, statements } of (await settleCase(drawn)).eras) {
          for (const { lines } of statements.flatMap(({ rows }) => rows)) {
            for (const { why, column, running, weight, amount } of lines) {
              if (running === undefined || weight === undefined) continue
              const payment = plan.payments.find((one) => one.why === why)
              const part = payment?.parts.find((one) => one.column === column)
              if (part === undefined) throw new Error(`no payment is called ${why}`)
              expect(amount).toBe(cascadeShare(part.total, part.weight, running, weight))
              const off = amount * part.weight - part.total * weight
              expect(off < part.weight && off > -part.weight).toBe(true)
            }
          }
        }
      }),
      RUNS,
    )
  })
})

describe('how the work is spread does not matter', () => {
  it('1, 4 and 16 partitions and 1 to 7 shards come to the same eras and the same statements', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 2, max: 7 }), async (seed, shards) => {
        const drawn = drawCase(seed)
        const one = await settleCase(drawn, { shards: 1, partitions: 1 })
        for (const partitions of [4, 16]) {
          const other = await settleCase(drawn, { shards, partitions })
          expect(other.results).toEqual(one.results)
          expect(rowsOf(other)).toEqual(rowsOf(one))
        }
      }),
      RUNS,
    )
  })

  it('events in any order, some of them again, come to byte-identical seals', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer(), async (seed, order) => {
        const drawn = drawCase(seed)
        const [random, events] = [seeded(order), withoutConflicts(eventsOf(drawn))]
        const once = await settleCase(drawn, {}, events)
        const again = random.shuffle([...events, ...random.some(events, 0, 5)])
        const shuffled = await settleCase(drawn, {}, again)
        expect(sealsOf(shuffled)).toEqual(sealsOf(once))
        expect(rowsOf(shuffled)).toEqual(rowsOf(once))
      }),
      RUNS,
    )
  })

  it('settled again from the same events, every seal and statement is the same to the byte', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const drawn = drawCase(seed)
        const [one, other] = [await settleCase(drawn), await settleCase(drawn)]
        expect(sealsOf(other)).toEqual(sealsOf(one))
        expect(rowsOf(other)).toEqual(rowsOf(one))
      }),
      RUNS,
    )
  })
})

describe('seals are a chain', () => {
  it('each names the hash of the one before, and its own hash covers everything else in it', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const drawn = drawCase(seed)
        const { eras } = await settleCase(drawn)
        eras.forEach(({ seal }, era) => {
          expect(seal.previousHash).toBe(eras[era - 1]?.seal.hash ?? '')
          expect(seal.hash).toBe(sealHash(seal))
          expect(sealHash({ ...seal, net: seal.net + 1n })).not.toBe(seal.hash)
        })
      }),
      { numRuns: 20 },
    )
  })
})
