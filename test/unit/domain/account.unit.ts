import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  accountOrder,
  isParticipant,
  isSystem,
  isSystemAccountName,
  normaliseAccount,
  PAGES,
  pageOf,
  partitionOf,
  partitionOfPage,
} from '../../../shared/domain/account.ts'

const participants = fc.stringMatching(/^[A-Za-z0-9:._-]{1,128}$/)

describe('a participant', () => {
  it.each(['a', 'Bob.B', 'node:7', 'x_y-z', 'A'.repeat(128), 'constructor', '__proto__'])(
    'may be called %s',
    (name) => {
      expect(isParticipant(name)).toBe(true)
    },
  )

  it.each(['', '@pool', 'a@b', 'a b', 'a/b', 'ä', 'a\n', 'A'.repeat(129)])('is not called %j', (name) => {
    expect(isParticipant(name)).toBe(false)
  })

  it('is never taken for a system account', () => {
    fc.assert(
      fc.property(participants, (name) => {
        expect(isSystem(name) || isSystemAccountName(name)).toBe(false)
      }),
    )
  })
})

describe('an EVM address', () => {
  const address = '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD'

  it('is lower-cased', () => {
    expect(normaliseAccount(address)).toBe(address.toLowerCase())
  })

  it.each([address.slice(0, -1), `${address}0`, address.replace('0x', '0X'), address.replace('A', 'G')])(
    '%s is none and stays as it is',
    (name) => {
      expect(normaliseAccount(name)).toBe(name)
    },
  )
})

describe('pages and partitions', () => {
  const firstBits = (name: string) => createHash('sha256').update(name).digest().readUInt16BE() >> 2

  it('a page is the first 14 bits of sha-256 of the account', () => {
    fc.assert(
      fc.property(participants, (name) => {
        expect(pageOf(name)).toBe(firstBits(name))
      }),
    )
  })

  it.each([1, 4, 16])(
    '%d partitions are runs of pages of one length, in the order of the cascade',
    (partitions) => {
      const lengths = new Map<number, number>()
      let last = 0
      for (let page = 0; page < PAGES; page += 1) {
        const partition = partitionOfPage(page, partitions)
        expect(partition === last || partition === last + 1).toBe(true)
        last = partition
        lengths.set(partition, (lengths.get(partition) ?? 0) + 1)
      }
      expect([...lengths.values()]).toEqual(Array.from({ length: partitions }, () => PAGES / partitions))
    },
  )

  it('whoever comes first in the cascade is in no later partition', () => {
    fc.assert(
      fc.property(participants, participants, fc.constantFrom(1, 4, 16), (a, b, partitions) => {
        const [first, second] = accountOrder(a) < accountOrder(b) ? [a, b] : [b, a]
        expect(partitionOf(first, partitions)).toBeLessThanOrEqual(partitionOf(second, partitions))
      }),
    )
  })
})
