/**
 * Finds the text of each element of `detail.data` in the body of a message, as it was sent: parsing and writing it
 * again would lose what a JSON number had beyond 53 bits. The body must be JSON, its detail an object.
 */
export function dataTexts(body: string): string[] {
  const detail = memberAt(body, skipSpace(body, 0), 'detail')
  const start = memberAt(body, detail, 'data')
  if (body[start] !== '[') return [body.slice(start, valueEnd(body, start))]
  const texts: string[] = []
  for (let at = skipSpace(body, start + 1); body[at] !== ']'; ) {
    const end = valueEnd(body, at)
    texts.push(body.slice(at, end))
    at = skipSpace(body, end)
    if (body[at] === ',') at = skipSpace(body, at + 1)
  }
  return texts
}

/** Where the value of an object's member begins; of two with one key the last, as a parser has it. */
function memberAt(text: string, object: number, key: string): number {
  let found = -1
  for (let at = skipSpace(text, object + 1); text[at] === '"'; ) {
    const end = stringEnd(text, at)
    const value = skipSpace(text, skipSpace(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === key) found = value
    at = skipSpace(text, valueEnd(text, value))
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return found
}

const SPACE = new Set([' ', '\t', '\n', '\r'])
const SCALAR = /[^\s,\]}]*/y

function skipSpace(text: string, start: number): number {
  let at = start
  while (SPACE.has(text[at] ?? '')) at++
  return at
}

function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** The end of the value that begins at `start`; brackets inside strings do not count. */
function valueEnd(text: string, start: number): number {
  const first = text[start]
  if (first === '"') return stringEnd(text, start)
  if (first !== '{' && first !== '[') {
    SCALAR.lastIndex = start
    return start + (SCALAR.exec(text)?.[0].length ?? 0)
  }
  let depth = 0
  let at = start
  do {
    const character = text[at]
    if (character === '"') {
      at = stringEnd(text, at)
      continue
    }
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') depth--
    at++
  } while (depth > 0)
  return at
}
