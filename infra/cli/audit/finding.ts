/** What an audit looks at, one check a file. */
export type Check =
  | 'reading'
  | 'policies'
  | 'chain'
  | 'log'
  | 'counting'
  | 'weights'
  | 'decision'
  | 'statements'
  | 'books'
  | 'journal'
  | 'accounts'
  | 'records'
  | 'conservation'

/** Where something is wrong. */
export interface Place {
  era?: number
  account?: string
  /** The item of the table, as `pk / sk`. */
  item?: string
}

/** Something that is not as it must be, in words. */
export interface Finding extends Place {
  check: Check
  what: string
  /** The same for the same fault however often the table is read: amounts that grow meanwhile are not in it. */
  key: string
}

/** The most findings that are kept: whoever has so many begins with the first. */
const MAX_KEPT = 1_000

export class Findings {
  readonly kept: Finding[] = []
  /** All of them, also those that are not kept. */
  count = 0

  /** `about` tells the same fault again, where `what` says figures that differ from reading to reading. */
  say(check: Check, place: Place, what: string, about = what): void {
    this.count += 1
    if (this.kept.length >= MAX_KEPT) return
    const key = [check, place.era ?? '', place.account ?? '', place.item ?? '', about].join('|')
    this.kept.push({ check, ...place, what, key })
  }

  /** Says so unless both are the same figure. */
  equal(check: Check, place: Place, what: string, expected: Figure, found: Figure): boolean {
    if (expected === found) return true
    const apart = typeof expected === 'bigint' && typeof found === 'bigint' ? ` by ${found - expected}` : ''
    this.say(
      check,
      place,
      `${what}: ${shown(expected)} expected, ${shown(found)} found`,
      `${what} differs${apart}`,
    )
    return false
  }

  /** Runs a part of the audit: what damaged data makes of it must not keep the other parts from running. */
  guard(check: Check, place: Place, part: () => void): void {
    try {
      part()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.say(check, place, `it could not be checked: ${reason}`)
    }
  }
}

type Figure = bigint | number | string | boolean | undefined

function shown(figure: Figure): string {
  return figure === undefined ? 'nothing' : String(figure)
}

/** A finding as a line: where it is, then what it is. */
export function describeFinding({ check, era, account, item, what }: Finding): string {
  const places = [
    ...(era === undefined ? [] : [`era ${era}`]),
    ...(account === undefined ? [] : [account]),
    ...(item === undefined ? [] : [item]),
  ]
  return `${check}: ${places.length > 0 ? `${places.join(', ')}: ` : ''}${what}`
}
