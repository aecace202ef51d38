import { randomBytes, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode, encode, encodePlain } from '../../../shared/store/codec.ts'

const hex = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.uuid(),
  hex,
  fc.constantFrom('a', 'b'),
  fc.constant('\ud800'),
)
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt(),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.bigUint64Array(),
)
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constant('__proto__')), tie('value'), { noNullPrototype: true }),
  ),
}))

describe('what is stored comes back', () => {
  it('whatever it is made of', () => {
    fc.assert(fc.property(value, comesBack))
  })

  it('as rows of one shape, of which some lack a key and some hold null', () => {
    const row = fc.record(
      {
        id: fc.uuid(),
        amount: fc.bigInt(),
        at: fc.integer(),
        payer: fc.option(hex),
        tags: fc.array(fc.string()),
      },
      { requiredKeys: ['id'], noNullPrototype: true },
    )
    fc.assert(fc.property(fc.array(row, { maxLength: 60 }), comesBack))
  })

  it.each([
    ['amounts of 38 digits', [10n ** 38n - 1n, -(10n ** 38n) + 1n, 2n ** 64n, 2n ** 64n - 1n, 0n]],
    [
      'numbers at the edge of exactness',
      [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 0, 2 ** 48, -(2 ** 52)],
    ],
    ['numbers that are no whole numbers', [-0, Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 60]],
    ['upper-case beside lower-case digits', ['0xAB', '0xab', '0x0f']],
    ['texts of one length that are not digits', ['zebra', 'apple', 'abcde']],
    ['nothing at all', [undefined, [], {}, '', null]],
    [
      'a map with a thousand keys',
      Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`account-${i}`, BigInt(i)])),
    ],
  ])('%s', (_name, stored) => {
    comesBack(stored)
  })

  it('with a key that is undefined as a key that is missing, and null as null', () => {
    expect(decode(encode([{ a: 1, b: undefined }, { a: null }]))).toStrictEqual([{ a: 1 }, { a: null }])
  })

  it('with a property called __proto__ as a property', () => {
    const stored = JSON.parse('{"__proto__": "mine", "constructor": "also mine"}')
    const read = decode<Record<string, unknown>>(encode(stored))
    expect(Object.entries(read)).toEqual([
      ['__proto__', 'mine'],
      ['constructor', 'also mine'],
    ])
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  })
})

describe('what cannot be stored or read says so', () => {
  it.each([
    ['a function', () => 1, 'a function cannot be stored'],
    ['a date', { at: new Date(0) }, 'a Date cannot be stored: only plain objects'],
    ['a map', new Map(), 'a Map cannot be stored: only plain objects'],
  ])('%s', (_name, stored, message) => {
    expect(() => encode(stored)).toThrow(message)
  })

  it('another version', () => {
    const stored = encode({ a: 1n })
    stored[0] = 7
    expect(() => decode(stored)).toThrow('stored data is read in encoding 1 or 2: got version 7')
    expect(() => decode(Buffer.alloc(0))).toThrow('stored data is read in encoding 1 or 2: got nothing')
  })

  it('a changed bit, and an end that is missing', () => {
    const stored = encode(Array.from({ length: 100 }, () => randomUUID()))
    const changed = Buffer.from(stored)
    changed[500] = (changed[500] as number) ^ 1
    expect(() => decode(changed)).toThrow('stored data is not the zstd frame it was written as')
    expect(() => decode(stored.subarray(0, 900))).toThrow(
      'stored data is not the zstd frame it was written as',
    )
  })
})

describe('what is stored without being compressed', () => {
  it('comes back, and is no longer than its hashes and a few bytes', () => {
    const hashes = new BigUint64Array(randomBytes(8 * 250).buffer.slice(0, 8 * 250))
    expect(encodePlain(hashes).length).toBeLessThan(8 * 250 + 10)
    expect(decode(encodePlain(hashes))).toStrictEqual(hashes)
    expect(decode(encodePlain({ a: [1n, 'b'] }))).toStrictEqual({ a: [1n, 'b'] })
  })

  it('says so where its end is missing', () => {
    expect(() => decode(encodePlain(['text', 1]).subarray(0, 8))).toThrow('stored data ends at byte 7')
  })
})

describe('a segment of single fees is small', () => {
  const payers = Array.from({ length: 300 }, () => address())
  it.each([
    ['300 payers', () => payers[Math.floor(Math.random() * payers.length)] as string, 44],
    ['every payer once', address, 50],
  ])('with %s', (_name, payer, mostBytes) => {
    const fees = Array.from({ length: 250 }, () => ({
      name: 'FeeCharged',
      id: randomUUID(),
      kind: Math.random() < 0.5 ? 'gas_fee' : 'bridge_fee',
      amount: BigInt(`0x${randomBytes(7).toString('hex')}`) + 10n ** 17n,
      payer: payer(),
      occurredAt: 1_767_225_600_000 + Math.floor(Math.random() * 3_600_000),
    }))
    expect(encode(fees).length / fees.length).toBeLessThan(mostBytes)
  })
})

function comesBack(stored: unknown): void {
  expect(decode(encode(stored))).toStrictEqual(stored)
}

function address(): string {
  return `0x${randomBytes(20).toString('hex')}`
}
