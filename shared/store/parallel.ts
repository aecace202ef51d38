/** Requests in flight at once from one invocation: enough to hide latency, too few to throttle one partition. */
export const MAX_IN_FLIGHT = 8

/** Does `work` for every item, at most {@link MAX_IN_FLIGHT} at a time; answers in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++
      results[index] = await work(items[index] as T, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(MAX_IN_FLIGHT, items.length) }, worker))
  return results
}

/** Runs of at most `size` items, in order. */
export function inRuns<T>(items: readonly T[], size: number): T[][] {
  const runs: T[][] = []
  for (let at = 0; at < items.length; at += size) runs.push(items.slice(at, at + size))
  return runs
}
