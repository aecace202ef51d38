/** A source of chance for one place of a run: what is drawn there depends on seed and place alone. */
export interface Chance {
  /** From 0 to below 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number
  is(probability: number): boolean
  pick<T>(choices: readonly T[]): T
}

/**
 * Chance by place rather than from one stream: whatever happens elsewhere, a call draws the same delay and meets the
 * same fault. So a fault can be taken out of a run, and the others stay what they were.
 */
export function chanceAt(seed: number, place: string): Chance {
  // FNV-1a over the place, begun from the seed; then mulberry32.
  let state = (0x811c9dc5 ^ Math.imul(seed, 0x9e3779b1)) >>> 0
  for (let i = 0; i < place.length; i += 1) state = Math.imul(state ^ place.charCodeAt(i), 0x01000193)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    next,
    int,
    is: (probability) => next() < probability,
    pick: (choices) => choices[int(0, choices.length - 1)] as (typeof choices)[number],
  }
}
