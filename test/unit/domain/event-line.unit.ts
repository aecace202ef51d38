import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineOf } from '../../../infra/cli/audit/line.ts'
import type { BusEvent, Event } from '../../../shared/domain/event.ts'
import { contentDigest, eventLine } from '../../../shared/domain/event-line.ts'

const at = 1_767_225_600_000

describe('the line of an event', () => {
  it.each<[BusEvent, string]>([
    [
      { name: 'FeeCharged', id: 'f 1', occurredAt: at, kind: 'gas', amount: 10n ** 37n, payer: '0xab' },
      `FeeCharged\tf 1\t${at}\t\t\t\tgas\t1${'0'.repeat(37)}\t0xab\t\t\t\n`,
    ],
    [
      {
        name: 'CostIncurred',
        id: 'c',
        occurredAt: 0,
        block: 0,
        stream: 's',
        sequence: 7,
        kind: 'gpu',
        amount: 5n,
        spread: { from: 10, to: 20 },
        details: '{"in":"Zürich 😀\\t"}',
      },
      'CostIncurred\tc\t0\t0\ts\t7\tgpu\t5\t\t10\t20\t{"in":"Z\\u00fcrich \\ud83d\\ude00\\t"}\n',
    ],
    [
      { name: 'MetricReported', id: 'm', occurredAt: at, account: 'ann', metric: 'work', value: 0n },
      `MetricReported\tm\t${at}\t\t\t\tann\twork\t0\n`,
    ],
    [
      {
        name: 'StakeReported',
        id: 's',
        occurredAt: at,
        account: 'ann',
        lot: 'l',
        amount: 3n,
        lockSeconds: 60,
      },
      `StakeReported\ts\t${at}\t\t\t\tann\tl\t3\t60\n`,
    ],
    [
      { name: 'ParticipantChanged', id: 'p', occurredAt: at, account: 'ann', group: 'g', status: 'left' },
      `ParticipantChanged\tp\t${at}\t\t\t\tann\tg\tleft\n`,
    ],
    [
      { name: 'ObligationDue', id: 'o', occurredAt: at, account: 'ann', obligation: 'rent', amount: 9n },
      `ObligationDue\to\t${at}\t\t\t\tann\trent\t9\t\t\n`,
    ],
    [
      { name: 'SpreadEnded', id: 'e', occurredAt: at, event: 'FeeCharged', spreadId: 'f', refundTo: 'ann' },
      `SpreadEnded\te\t${at}\t\t\t\tFeeCharged\tf\tann\n`,
    ],
    [
      { name: 'TokensDeposited', id: 'd', occurredAt: at, account: 'ann', amount: 1n },
      `TokensDeposited\td\t${at}\t\t\t\tann\t1\n`,
    ],
    [
      { name: 'RatePublished', id: 'r', occurredAt: at, asset: 'usd', numerator: 2n, denominator: 3n },
      `RatePublished\tr\t${at}\t\t\t\tusd\t2\t3\n`,
    ],
    [{ name: 'PayoutFailed', id: 'p', occurredAt: at, payoutId: 'x' }, `PayoutFailed\tp\t${at}\t\t\t\tx\n`],
  ])('is what it says, field by field: $0.name', (event, line) => {
    expect(eventLine(event)).toBe(line)
  })

  it('is what the auditor reads by itself, of any event', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(lineOf(event).toString('latin1')).toBe(eventLine(event))
      }),
    )
  })

  it('is another for any event that says something else', () => {
    fc.assert(
      fc.property(anyEvent, anyEvent, (one, other) => {
        const isSame = JSON.stringify(plain(one)) === JSON.stringify(plain(other))
        expect(eventLine(one) === eventLine(other)).toBe(isSame)
        expect(contentDigest(one) === contentDigest(other)).toBe(isSame)
      }),
    )
  })
})

const few = <T>(value: T) => fc.option(fc.constant(value), { nil: undefined })
/** Few values for each field, so that two events are often alike but for one. */
const anyEvent: fc.Arbitrary<Event> = fc
  .record({
    name: fc.constantFrom('FeeCharged', 'CostIncurred'),
    id: fc.constantFrom('1', '1 ', ' '),
    occurredAt: fc.constantFrom(0, 1, at),
    block: few(1),
    stream: few('1'),
    sequence: few(1),
    kind: fc.constantFrom('a', 'b'),
    amount: fc.constantFrom(1n, 11n),
    payer: few('1'),
    spread: few({ from: 1, to: 2 }),
    details: fc.option(
      fc.json().map((text) => JSON.stringify(JSON.parse(text))),
      { nil: undefined },
    ),
  })
  .map((event) => event as Event)

function plain(event: Event): unknown {
  return Object.entries(event).map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value])
}
