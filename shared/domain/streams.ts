import type { StreamReport } from './facts.ts'

/** How many gaps a report lists for one stream. */
const MAX_LISTED_GAPS = 1_000

/** Joins what the shards saw of each producer's numbering: first, last, how many, and the ranges that are missing. */
export function reportStreams(shards: readonly Record<string, number[]>[]): StreamReport[] {
  const streams = Map.groupBy(shards.flatMap(Object.entries<number[]>), ([stream]) => stream)
  return [...streams.keys()].sort().map((stream) => {
    const numbers = Float64Array.from((streams.get(stream) ?? []).flatMap(([, own]) => own)).sort()
    const gaps: [number, number][] = []
    let distinct = 0
    let last = Number.NaN
    for (const number of numbers) {
      if (number === last) continue
      if (number > last + 1 && gaps.length < MAX_LISTED_GAPS) gaps.push([last + 1, number - 1])
      distinct += 1
      last = number
    }
    return { stream, first: numbers[0] as number, last, distinct, gaps }
  })
}
