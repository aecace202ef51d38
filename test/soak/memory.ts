import { execFileSync } from 'node:child_process'

/** A run below this is over before memory has come to rest. */
export const LEAST_JUDGED_MS = 5 * 60_000

/** What the last third of a run may take, of the middle one. */
const MOST_PERCENT = 115

/**
 * What is wrong with the memory of a run, by samples at even distances; undefined where nothing is. The first third is
 * left out: code is loaded and compiled in it, and caches fill.
 */
export function memoryLeak(samples: readonly number[]): string | undefined {
  const third = Math.floor(samples.length / 3)
  const [middle, last] = [samples.slice(third, -third), samples.slice(-third)].map(median) as [number, number]
  if (last * 100 <= middle * MOST_PERCENT) return undefined
  return `the host's memory grows: ${inMb(middle)} in the middle third of the run, ${inMb(last)} in the last`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

export function inMb(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}

/** Bytes of memory that another process holds. */
export function memoryOf(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`], { encoding: 'utf8' })) * 1_024
}
