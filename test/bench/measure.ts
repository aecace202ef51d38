/** How everything here is measured: in turns, in one process, medians. */

/** One line of the table. */
export interface Figure {
  bench: string
  what: string
  value: number
  unit: string
  /** The same job done the usual way, in the same run. `value / baseline.value`, or its inverse, is the ratio. */
  baseline?: { what: string; value: number }
  target?: { atLeast: number } | { atMost: number }
}

/** How large a run is: `tiny` shows in seconds that a bench works, and measures nothing. */
export interface Size {
  tiny: boolean
  /** Accounts of what settles. */
  accounts: number
}

export type Bench = (size: Size) => Promise<Figure[]>

/** What one measured piece of work took. */
export interface Took {
  wallMs: number
  /** Of this process, all its threads; the database engine is a process of its own. */
  cpuMs: number
}

export async function took(work: () => unknown): Promise<Took> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const wallMs = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { wallMs, cpuMs: (user + system) / 1_000 }
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * part
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number]
  return below + (above - below) * (at - Math.floor(at))
}

/**
 * Runs each of the variants in turn, `rounds` times after one round that counts for nothing, so that whatever else
 * this machine does meanwhile is the same to all of them. The medians of what each took.
 */
export async function inTurns<Name extends string>(
  rounds: number,
  variants: Record<Name, (round: number) => unknown>,
): Promise<Record<Name, Took>> {
  const all = new Map<Name, Took[]>()
  for (let round = -1; round < rounds; round += 1) {
    for (const name of Object.keys(variants) as Name[]) {
      const one = await took(() => variants[name](round + 1))
      if (round >= 0) all.set(name, [...(all.get(name) ?? []), one])
    }
  }
  return Object.fromEntries(
    [...all].map(([name, runs]) => [
      name,
      { wallMs: median(runs.map(({ wallMs }) => wallMs)), cpuMs: median(runs.map(({ cpuMs }) => cpuMs)) },
    ]),
  ) as Record<Name, Took>
}

/** How many times better than its baseline, where it has one: above 1 is better, whichever way the figure goes. */
export function ratioOf({ value, unit, baseline }: Figure): number | undefined {
  if (!baseline) return undefined
  return isRate(unit) ? value / baseline.value : baseline.value / value
}

/** Whether more is better. */
function isRate(unit: string): boolean {
  return unit.includes('/s')
}

export function isMet({ value, target }: Figure): boolean | undefined {
  if (!target) return undefined
  return 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
}
