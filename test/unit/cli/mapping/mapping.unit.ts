import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileMapping } from '../../../../infra/cli/mapping/mapping.ts'
import { EVENTS_AS_THEY_ARE } from '../../../../infra/cli/mapping/outgoing.ts'

const fee = { id: '{id}', kind: 'tips', amount: '{wei}', occurredAt: '{at}' }
const row = {
  id: 'a-1',
  wei: '12',
  at: '2026-01-01T00:00:00Z',
  unix: '1767225600',
  empty: '',
  zero: '0',
  note: 'x {y}',
  price: '12.50',
}

/** What a mapping with one fee makes of one row; `data` goes over the fee's own fields. */
function mapped(data: Record<string, unknown>, values: Record<string, unknown> = row, skipWhen?: unknown) {
  const mapping = compileMapping({
    events: [{ event: 'FeeCharged', ...(skipWhen !== undefined && { skipWhen }), data: { ...fee, ...data } }],
  })
  return mapping.apply({ line: 7, values })[0]
}

describe('mapping of a row', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['a column', {}, { amount: '12' }],
    ['text around columns', { id: 'block {id}/{wei}' }, { id: 'block a-1/12' }],
    ['spaces in the braces', { id: '{ id }' }, { id: 'a-1' }],
    ['braces', { id: '{{{id}}}' }, { id: '{a-1}' }],
    ['braces in the column itself', { id: '{note}' }, { id: 'x {y}' }],
    ['a constant', { sequence: 5 }, { sequence: 5 }],
    ['a number', { block: { number: '{wei}' } }, { block: 12 }],
    ['unix seconds', { occurredAt: { unixSeconds: '{unix}' } }, { occurredAt: '2026-01-01T00:00:00Z' }],
    [
      'unix seconds with a fraction',
      { occurredAt: { unixSeconds: '{unix}.5' } },
      { occurredAt: '2026-01-01T00:00:00.500Z' },
    ],
    [
      'unix milliseconds',
      { occurredAt: { unixMillis: '{unix}000' } },
      { occurredAt: '2026-01-01T00:00:00Z' },
    ],
    [
      'a UTC moment',
      { occurredAt: { utc: '2026-01-01 00:00:00 UTC' } },
      { occurredAt: '2026-01-01T00:00:00Z' },
    ],
    ['a UTC minute', { occurredAt: { utc: '2026-01-01 05:30' } }, { occurredAt: '2026-01-01T05:30:00Z' }],
    ['a day', { occurredAt: { utc: '2026-01-01' } }, { occurredAt: '2026-01-01T00:00:00Z' }],
    ['whole units', { amount: { baseUnits: '{price}', decimals: 6 } }, { amount: '12500000' }],
    [
      'whole units without a point',
      { amount: { baseUnits: '{wei}', decimals: 18 } },
      { amount: '12000000000000000000' },
    ],
    ['less than one unit', { amount: { baseUnits: '0.00{wei}', decimals: 6 } }, { amount: '1200' }],
    [
      'trailing zeros past the decimals',
      { amount: { baseUnits: '{price}000', decimals: 1 } },
      { amount: '125' },
    ],
    [
      'nested fields',
      { spread: { from: '{at}', to: { unixSeconds: '1767225700' } } },
      { spread: { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:01:40Z' } },
    ],
    [
      'details of any shape',
      { details: { tags: ['{id}', 1], more: { at: '{at}' } } },
      { details: { tags: ['a-1', 1], more: { at: '2026-01-01T00:00:00Z' } } },
    ],
    ['an optional field that is there', { payer: { text: '{id}', optional: true } }, { payer: 'a-1' }],
  ])('reads %s', (_, data, expected) => {
    expect(mapped(data)).toMatchObject({ name: 'FeeCharged', data: expected })
  })

  it.each<[string, Record<string, unknown>]>([
    ['an optional field that is empty', { payer: { text: '{empty}', optional: true } }],
    ['an optional field without its column', { payer: { text: '{nowhere}', optional: true } }],
    ['an optional number that is empty', { block: { number: '{empty}', optional: true } }],
  ])('leaves out %s', (_, data) => {
    expect(mapped(data)).toEqual({
      name: 'FeeCharged',
      data: { ...fee, id: 'a-1', amount: '12', occurredAt: row.at },
    })
  })

  it('reads nested columns, numbers and whole numbers past 2^53', () => {
    const values = { ...row, tx: { id: 'h' }, 'a.b': 'dotted', wei: '1000000000000000025', count: 4 }
    expect(mapped({ id: '{tx.id}-{a.b}-{count}' }, values)).toMatchObject({
      data: { id: 'h-dotted-4', amount: '1000000000000000025' },
    })
  })

  it.each<[string, Record<string, unknown>, string]>([
    [
      'a column that is not there',
      { amount: '{tipz}' },
      'line 7: FeeCharged.amount: the row has no column "tipz": it has id, wei, at, unix, empty, zero, note, price',
    ],
    [
      'a number that is none',
      { block: { number: '{at}' } },
      'line 7: FeeCharged.block: a number is whole and at most 2^53: got "2026-01-01T00:00:00Z"',
    ],
    [
      'a number that is not exact',
      { block: { number: '9007199254740993' } },
      'line 7: FeeCharged.block: a number is whole and at most 2^53: got "9007199254740993"',
    ],
    [
      'an empty number',
      { block: { number: '{empty}' } },
      'line 7: FeeCharged.block: a number is whole and at most 2^53: got ""',
    ],
    [
      'a time that is none',
      { occurredAt: { unixSeconds: '{id}' } },
      'line 7: FeeCharged.occurredAt: a unix time is seconds since 1970: got "a-1"',
    ],
    [
      'milliseconds taken for seconds',
      { occurredAt: { unixSeconds: '{unix}000' } },
      'line 7: FeeCharged.occurredAt: a unix time is seconds since 1970: got "1767225600000"',
    ],
    [
      'digits past the decimals',
      { amount: { baseUnits: '{price}1', decimals: 2 } },
      'line 7: FeeCharged.amount: an amount is a number with at most 2 decimals: got "12.501"',
    ],
    [
      'a negative amount',
      { amount: { baseUnits: '-1', decimals: 2 } },
      'line 7: FeeCharged.amount: an amount is a number with at most 2 decimals: got "-1"',
    ],
    [
      'a moment without its offset',
      { occurredAt: '2026-01-01T00:00:00' },
      'line 7: FeeCharged.occurredAt: a moment is ISO 8601 with an offset, like "2026-01-01T00:00:00Z": got "2026-01-01T00:00:00"',
    ],
    [
      'an amount with a point',
      { amount: '{price}' },
      'line 7: FeeCharged.amount: an amount is a whole number from 0 to 10^38 - 1, without sign, point, exponent or leading zeros: got "12.50"',
    ],
    ['a fee of nothing', { amount: '{zero}' }, 'line 7: FeeCharged.amount: a fee is above 0: got "0"'],
    [
      'a field in the wrong shape',
      { spread: { from: '{at}' } },
      'line 7: FeeCharged.spread.to: Invalid input: got nothing',
    ],
  ])('names line, field and rule of %s', (_, data, problem) => {
    expect(mapped(data)).toEqual({ problem })
  })

  it.each<[unknown, boolean]>([
    [{ zero: '{zero}' }, true],
    [{ zero: '0.000' }, true],
    [{ zero: '{empty}' }, true],
    [{ zero: '{wei}' }, false],
    [{ zero: '0.01' }, false],
    [{ empty: '{empty}' }, true],
    [{ empty: '{nowhere}' }, true],
    [{ empty: '{zero}' }, false],
    [[{ empty: '{wei}' }, { zero: '{zero}' }], true],
    [[], false],
  ])('skips when %j: %s', (skipWhen, skipped) => {
    expect('skipped' in (mapped({}, row, skipWhen) as object)).toBe(skipped)
  })
})

describe('a mapping file', () => {
  const event = (more: Record<string, unknown>) => ({ events: [{ event: 'FeeCharged', data: fee, ...more }] })

  it.each<[unknown, string]>([
    [[], 'mapping: Invalid input: expected object, received array'],
    [{ events: [] }, 'events: a mapping makes at least one event of a row'],
    [event({ event: 'FeeCharge' }), 'events[0].event: an event is one of FeeCharged, '],
    [event({ skip: true }), 'events[0]: Unrecognized key: "skip"'],
    [event({ skipWhen: { nil: '{a}' } }), 'events[0].skipWhen: '],
    [
      event({ data: { ...fee, amout: '1' } }),
      'events[0].data.amout: FeeCharged has no such field: it has id, occurredAt, block, ',
    ],
    [
      event({ data: { id: '{a}', kind: 'x', occurredAt: '{t}' } }),
      'events[0].data.amount: FeeCharged needs this field',
    ],
    [
      event({ data: { ...fee, id: '{a' } }),
      'events[0].data.id: a column is written {name}, a brace {{ or }}: got "{a"',
    ],
    [
      event({ data: { ...fee, id: '{}' } }),
      'events[0].data.id: a column is written {name}, a brace {{ or }}: got "{}"',
    ],
    [
      event({ data: { ...fee, amount: { baseUnits: '{a}' } } }),
      "events[0].data.amount.decimals: the asset's decimals, 0 to 18: got undefined",
    ],
    [
      event({ data: { ...fee, block: { number: 5 } } }),
      'events[0].data.block.number: a form takes a text: got 5',
    ],
    [
      event({ data: { ...fee, payer: { text: '{a}', optional: 'yes' } } }),
      'events[0].data.payer.optional: is true or false: got "yes"',
    ],
    [event({ data: { ...fee, details: { a: ['{'] } } }), 'events[0].data.details.a[0]: a column is written'],
  ])('is refused: %j', (json, message) => {
    expect(() => compileMapping(json)).toThrow(message)
  })

  it.each(['ethereum-blocks', 'ethereum-collators'])('%s, as it is packaged, is right', (name) => {
    const path = join(import.meta.dirname, '../../../../infra/cli/maps', `${name}.json`)
    expect(() => compileMapping(JSON.parse(readFileSync(path, 'utf8')))).not.toThrow()
  })
})

describe('events as they are', () => {
  const data = { id: 'a', kind: 'tips', amount: '1', occurredAt: '2026-01-01T00:00:00Z' }

  it('are taken single and as arrays', () => {
    const apply = (detail: unknown) =>
      EVENTS_AS_THEY_ARE.apply({ line: 1, values: { 'detail-type': 'FeeCharged', detail } })
    expect(apply({ metadata: { version: 1 }, data })).toEqual([{ name: 'FeeCharged', data }])
    expect(apply({ metadata: { version: 1 }, data: [data, { ...data, amount: '-1' }] })).toEqual([
      { name: 'FeeCharged', data },
      { problem: expect.stringMatching(/^line 1: FeeCharged.amount: .*: got "-1"$/) },
    ])
  })

  it('are refused under an unknown name', () => {
    expect(EVENTS_AS_THEY_ARE.apply({ line: 3, values: { 'detail-type': 'Fee', detail: { data } } })).toEqual(
      [
        {
          problem: expect.stringMatching(
            /^line 3: detail-type: an event is one of FeeCharged, .*: got "Fee"$/,
          ),
        },
      ],
    )
  })
})
