import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CountedEvents } from '../../../shared/domain/counted.ts'

interface Added {
  hash: bigint
  line: string
}

/** The definition, word by word: sort by hash, then by the line; hash what they say. */
function naive(added: readonly Added[]): { hashes: bigint[]; digest: string } {
  const sorted = added.toSorted((a, b) =>
    a.hash === b.hash ? Buffer.compare(Buffer.from(a.line), Buffer.from(b.line)) : a.hash < b.hash ? -1 : 1,
  )
  return {
    hashes: sorted.map(({ hash }) => hash),
    digest: createHash('sha256')
      .update(sorted.map(({ line }) => line).join(''))
      .digest('hex'),
  }
}

function counted(added: readonly Added[], expected = added.length): { hashes: bigint[]; digest: string } {
  const events = new CountedEvents(expected)
  for (const { hash, line } of added) events.add(Number(hash >> 32n), Number(hash & 0xffff_ffffn), line)
  const { hashes, digest } = events.finish()
  return { hashes: [...hashes], digest }
}

const ALL = 2n ** 64n - 1n
/** Hashes that differ in the first bits, in the last bits, in all of them, and not at all. */
const anyHash = fc.oneof(
  fc.bigInt(0n, ALL),
  fc.bigInt(0n, 7n),
  fc.bigInt(ALL - 7n, ALL),
  fc.bigInt(0n, 15n).map((bits) => bits << 60n),
  fc.constant(2n ** 63n),
)
const anyLine = fc
  .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
  .map((text) => `${text}\n`)

describe('the digest of what was counted', () => {
  it('is over the lines in the order of their hashes, whatever these are, and however many were expected', () => {
    const any = fc.array(fc.record({ hash: anyHash, line: anyLine }), { maxLength: 60 })
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 100_000 }), (added, expected) => {
        expect(counted(added, expected)).toEqual(naive(added))
        expect(counted(added.toReversed(), expected)).toEqual(naive(added))
      }),
    )
  })

  it('is so where there are more events than a bin has room for, and longer ones', () => {
    const long = Array.from({ length: 3_000 }, (_, i) => ({
      hash: BigInt.asUintN(64, BigInt(i % 1_000) * 0x9e37_79b9_7f4a_7c15n),
      line: `${i}\t${'x'.repeat((i * 7) % 900)}\n`,
    }))
    expect(counted(long, 10)).toEqual(naive(long))
    expect(counted(long, 100_000)).toEqual(naive(long))
  })

  it('of nothing is that of no bytes', () => {
    expect(counted([])).toEqual({ hashes: [], digest: createHash('sha256').digest('hex') })
  })
})
