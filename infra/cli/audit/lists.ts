import type { Quote } from '../../../shared/domain/market/quote.ts'
import type { Payout } from '../../../shared/domain/payout/payout.ts'
import type { Preference } from '../../../shared/domain/payout/preference.ts'
import { recordKey } from '../../../shared/store/keys.ts'
import type { Findings } from './finding.ts'
import type { Reading } from './reading.ts'

/** Where something that waits is looked for: the list, the moment by which it is due there, ms, and what is lost if not. */
interface Wanted {
  list: string
  at: number
  lost: string
}

/** What waits for a job or for whoever comes by stands in the list that they go through: else nobody ever looks at it. */
export function checkLists(reading: Reading, findings: Findings): void {
  checkKind<Payout>('PAYOUT', ({ state, dueAt, announcedAt }) => {
    const isReleased = state === 'RELEASED'
    if (isReleased && announcedAt !== undefined)
      return { list: 'payouts#told', at: announcedAt, lost: 'nobody hears that it is not answered' }
    const isDue = isReleased || state === 'REQUESTED' || state === 'TIMELOCKED'
    return isDue ? { list: 'payouts#due', at: dueAt, lost: 'it is never released' } : undefined
  })
  checkKind<Preference>('PREFERENCE', ({ dueAt: at }) =>
    at === undefined ? undefined : { list: 'preferences#due', at, lost: 'it is never paid out' },
  )
  checkKind<Quote>('QUOTE', ({ isReleased, resource, cluster, until: at }) =>
    isReleased ? undefined : { list: `releases#${resource}#${cluster}`, at, lost: 'its units stay taken' },
  )

  function checkKind<T>(kind: string, wantedOf: (value: T) => Wanted | undefined): void {
    for (const id of reading.named(`${kind}#`)) {
      const item = reading.get(recordKey(kind, id))
      const value = item && reading.valueOf<T>(item)
      if (!value) continue
      const wanted = wantedOf(value)
      const place = { item: `${kind}#${id}` }
      const found = item.list?.S
      if (wanted?.list !== found)
        findings.say(
          'records',
          place,
          wanted
            ? `it stands in ${found ? `the list ${found}` : 'no list'} and not in ${wanted.list}: ${wanted.lost}`
            : `it stands in the list ${found}, and waits for nothing`,
        )
      else if (wanted && item.place?.S?.split('#')[0] !== String(wanted.at).padStart(digitsOf(item), '0'))
        findings.say(
          'records',
          place,
          `it stands in ${found} at ${item.place?.S}, and is due at ${wanted.at} ms: ${wanted.lost} in time`,
        )
    }
  }
}

/** How long the moment is that a place begins with. */
function digitsOf({ place }: { place?: { S?: string } }): number {
  return place?.S?.indexOf('#') ?? 0
}
