/** A bug that somebody might write, and the tests that are expected to find it. */
export interface Mutant {
  /** What is wrong then, as one word. */
  name: string
  file: string
  /** Occurs in the file exactly once. */
  from: string
  to: string
  /** What else has to change, in the same file, for it to be the bug. */
  also?: { from: string; to: string }[]
  tests: string[]
}

/** The text of a mutant's file with the bug in it. Throws where a text that is to be replaced is not there exactly once. */
export function withBug(text: string, { name, file, from, to, also = [] }: Mutant): string {
  return [{ from, to }, ...also].reduce((before, edit) => {
    const times = before.split(edit.from).length - 1
    if (times !== 1)
      throw new Error(
        `${name}: what is replaced is once in ${file}: got ${times} times ${JSON.stringify(edit.from)}`,
      )
    return before.replace(edit.from, () => edit.to)
  }, text)
}
