/**
 * A small generator of our own (xoshiro128**, seeded by splitmix32): the same seed gives the same numbers on every
 * machine and every version of Node, which nothing built in promises.
 */
export class Random {
  readonly #state: Uint32Array

  constructor(seed: number) {
    let mixed = seed >>> 0
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0
      let z = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
      return (z ^ (z >>> 15)) >>> 0
    })
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const [a, b, c, d] = this.#state as unknown as [number, number, number, number]
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0
    const [c1, d1] = [c ^ a, d ^ b]
    this.#state.set([a ^ d1, b ^ c1, c1 ^ (b << 9), rotateLeft(d1, 11)])
    return result
  }

  /** A whole number from 0 to `limit` - 1, each as likely as the others; `limit` at most 2^32. */
  below(limit: number): number {
    const fair = 2 ** 32 - (2 ** 32 % limit)
    let drawn = this.next()
    while (drawn >= fair) drawn = this.next()
    return drawn % limit
  }

  /** An amount from `low` to `high`, both included; spans of up to 64 bits are drawn to the last unit. */
  between(low: bigint, high: bigint): bigint {
    const drawn = (BigInt(this.next()) << 32n) | BigInt(this.next())
    return low + (drawn * (high - low + 1n)) / 2n ** 64n
  }

  /** True once in `times`, on average. */
  once(times: number): boolean {
    return this.below(times) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  /** Lower-case hex digits. */
  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
