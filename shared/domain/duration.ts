const DURATION = /^P(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,9})S)?)?$/
const MONTHS = /^P([1-9][0-9]{0,2})M$/

/** Reads an ISO 8601 duration of days and time ("P7D", "PT5M") in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text)
  if (!match || text === 'P' || text.endsWith('T')) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

/** Reads "P1M" as a number of calendar months; undefined when it is no such duration. */
export function parseMonths(text: string): number | undefined {
  const match = MONTHS.exec(text)
  return match ? Number(match[1]) : undefined
}
