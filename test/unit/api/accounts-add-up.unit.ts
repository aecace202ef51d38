import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBalance } from '../../../shared/api/balance.ts'
import { readEra } from '../../../shared/api/eras.ts'
import { readReceipt } from '../../../shared/api/receipt.ts'
import { readStatement } from '../../../shared/api/statement.ts'
import type { BusEvent } from '../../../shared/domain/event.ts'
import { sum } from '../../../shared/domain/money.ts'
import { cost, deposit, fee, settled } from './settled-network.ts'

const ERAS = 4
const accounts = ['ann', 'bob', 'cyd', '0x00000000000000000000000000000000000000aa']
const base = fc.bigInt({ min: 1n, max: 10n ** 24n })
const events: fc.Arbitrary<BusEvent[]> = fc
  .array(
    fc.oneof(
      fc.record({ era: fc.nat(ERAS - 1), amount: base }),
      fc.record({ era: fc.nat(ERAS - 1), amount: base, payer: fc.constantFrom(...accounts) }),
      fc.record({ era: fc.nat(ERAS - 1), amount: base, account: fc.constantFrom(...accounts) }),
    ),
    { maxLength: 24 },
  )
  .map((facts) =>
    facts.map((fact, index) => {
      if ('payer' in fact) return cost(`c${index}`, fact.era, fact.payer, fact.amount)
      if ('account' in fact) return deposit(`d${index}`, fact.era, fact.account, fact.amount)
      return fee(`f${index}`, fact.era, fact.amount)
    }),
  )

const amount = (money: { amount: string }) => BigInt(money.amount)
const sumOf = (money: { amount: string }[]) => money.reduce((total, one) => total + amount(one), 0n)

describe('what the API says of accounts and eras', () => {
  it('adds up: balances, statements, receipts and eras, to the unit', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (events) => {
        const { reader, store } = await settled({ events, eras: ERAS })
        const credited = Array.from({ length: ERAS }, () => 0n)
        for (const account of accounts) {
          const isKnown = await readBalance(reader, { account }).catch(() => undefined)
          if (!isKnown) continue
          const { rows } = await readStatement(reader, { account, limit: 100 })
          expect(sumOf(rows.map((row) => row.credited))).toBe(amount(isKnown.earned))
          const deposits = events.filter((event) => event.name === 'TokensDeposited')
          const deposited = deposits.filter((event) => event.account === account)
          expect(amount(isKnown.deposited)).toBe(sum(deposited.map((event) => event.amount)))
          expect(amount(isKnown.total)).toBe(
            amount(isKnown.earned) + amount(isKnown.deposited) - amount(isKnown.paid),
          )
          for (const { era, credited: inEra, lines } of rows) {
            const receipt = await readReceipt(reader, { account, era })
            expect(receipt.credited).toEqual(inEra)
            expect(receipt.shares.length + receipt.direct.length).toBe(lines.length)
            for (const { numbers, amount: share } of receipt.shares) {
              const [T, W, C, w] = [numbers.T, numbers.W, numbers.C, numbers.w].map(BigInt) as [
                bigint,
                bigint,
                bigint,
                bigint,
              ]
              expect((T * C) / W - (T * (C - w)) / W).toBe(amount(share))
            }
            credited[era] = (credited[era] ?? 0n) + amount(inEra)
          }
        }
        for (const [n, total] of credited.entries()) {
          const era = await readEra(reader, { n })
          expect(amount(era.credits.total)).toBe(total)
          expect(era.seal.hash).toBe((await store.seal(n))?.hash)
        }
      }),
      { numRuns: 40 },
    )
  })
})
