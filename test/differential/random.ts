/** A seeded source of chance: the same seed draws the same case, on every machine. */
export type Random = {
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly T[]): T
  /** Up to `most` of the choices, without repeats, in any order. */
  some<T>(choices: readonly T[], least: number, most: number): T[]
  shuffle<T>(items: readonly T[]): T[]
  /** A number of exactly `digits` decimal digits. */
  digits(digits: number): bigint
}

/** xorshift over 32 bits, begun from a mixed seed so that neighbouring seeds have nothing in common. */
export function seeded(seed: number): Random {
  let state = (Math.imul(seed ^ (seed >>> 16), 0x45d9f3b) ^ 0x9e3779b9) >>> 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state / 0x1_0000_0000
  }
  for (let warm = 0; warm < 8; warm += 1) next()
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  const shuffle = <T>(items: readonly T[]): T[] => {
    const shuffled = [...items]
    for (let i = shuffled.length - 1; i > 0; i -= 1) {
      const j = int(0, i)
      ;[shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T]
    }
    return shuffled
  }
  return {
    int,
    shuffle,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[int(0, choices.length - 1)] as (typeof choices)[number],
    some: (choices, least, most) => shuffle(choices).slice(0, int(least, Math.min(most, choices.length))),
    digits(digits) {
      let text = String(int(1, 9))
      while (text.length < digits) text += String(int(0, 9))
      return BigInt(text)
    },
  }
}
