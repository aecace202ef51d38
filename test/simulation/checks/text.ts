/** A value as text, the same for equal values. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === 'bigint') return `${part}n`
    if (part instanceof Map) return [...part]
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** Where two values differ first, in words; undefined when they are equal. */
export function firstDifference(ours: unknown, theirs: unknown, path = ''): string | undefined {
  if (textOf(ours) === textOf(theirs)) return undefined
  if (isRecord(ours) && isRecord(theirs)) {
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
      const found = firstDifference(ours[key], theirs[key], `${path}/${key}`)
      if (found) return found
    }
  }
  return `${path}: ${textOf(ours)} instead of ${textOf(theirs)}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
