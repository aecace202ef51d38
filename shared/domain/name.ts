const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/

/** What kinds, metrics and obligations may be called. */
export const NAME_RULE =
  'a name is letters, digits, "_", "." and "-", beginning with a letter (1 to 64), and nothing that every object has ("constructor")'

/** True for a name that is safe as a key: what every object inherits is none. */
export function isName(text: string): boolean {
  return NAME.test(text) && !(text in Object.prototype)
}
