/**
 * The deepest that a body may be nested. What walks a value goes one call deeper for each level, and must not run out
 * of stack; a policy has about ten.
 */
export const MAX_NESTING = 64

/** How deep the brackets of a JSON text are nested, those within its strings left out. Looks at each character once. */
export function nestingOf(text: string): number {
  let depth = 0
  let deepest = 0
  let isText = false
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at]
    if (isText) {
      if (mark === '\\') at += 1
      else if (mark === '"') isText = false
    } else if (mark === '"') isText = true
    else if (mark === '[' || mark === '{') {
      depth += 1
      deepest = Math.max(deepest, depth)
    } else if (mark === ']' || mark === '}') depth -= 1
  }
  return deepest
}
