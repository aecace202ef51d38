import type * as z from 'zod'
import type { quarantineResponse } from '../../../shared/api/contracts/quarantine.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'
import { type Api, issueToken } from '../api.ts'
import { conservationOf, reportEras } from '../report/era-report.ts'
import { checkSealChain, type Era, short } from '../report/seal-chain.ts'
import { plural, type Style } from '../terminal.ts'

/** What a settled network comes to, as its own API tells it. */
export interface Outcome {
  eras: Era[]
  quarantine: z.output<typeof quarantineResponse>['events']
}

const PAGE = 100

/** Reads the eras `from` to `through` and all that is in quarantine, over HTTP like anybody else. */
export async function readOutcome(api: Api, from: number, through: number): Promise<Outcome> {
  const numbers = Array.from({ length: through - from + 1 }, (_, index) => from + index)
  const eras = await Promise.all(numbers.map((era) => api.get<Era>(`/eras/${era}`)))
  return { eras, quarantine: await readQuarantine(api) }
}

async function readQuarantine(api: Api): Promise<Outcome['quarantine']> {
  const token = await issueToken(api.url, { account: 'operator', scope: 'quarantine:read' })
  const events: Outcome['quarantine'] = []
  let cursor = ''
  do {
    const page = await api.get<z.output<typeof quarantineResponse>>(
      `/quarantine?limit=${PAGE}${cursor}`,
      token,
    )
    events.push(...page.events)
    cursor = page.next === undefined ? '' : `&cursor=${encodeURIComponent(page.next)}`
  } while (cursor !== '')
  return events
}

/** The report of a run: every era, what was refused, and whether the seals are one unbroken chain. */
export function reportOutcome(
  { eras, quarantine }: Outcome,
  policy: Policy,
  style: Style,
  columns?: number,
): string {
  return [
    ...reportEras(eras, policy, style, columns),
    quarantineLine(quarantine, style),
    ...chainLines(eras, policy, style),
  ].join('\n')
}

function quarantineLine(quarantine: Outcome['quarantine'], style: Style): string {
  const reasons = quarantine.slice(0, 5).map(({ reason }) => `${reason.rule} ${reason.value}`)
  const more = quarantine.length > reasons.length ? ', ...' : ''
  return `${style.bold('Quarantine')}  ${plural(quarantine.length, 'event')}${reasons.length > 0 ? `: ${reasons.join(', ')}${more}` : ''}`
}

function chainLines(eras: readonly Era[], policy: Policy, style: Style): string[] {
  const breaks = checkSealChain(eras, policy)
  const chain = eras.map(({ seal }) => short(seal.hash)).join(' → ')
  if (breaks.length === 0)
    return [`${style.bold('Seals')}       ${chain}  ${style.green('hashes worked out anew, unbroken')}`]
  return [
    `${style.bold('Seals')}       ${chain}`,
    ...breaks.map(({ era, what }) => style.red(`  the seal of era ${era} ${what}`)),
  ]
}

/** Whether everything the report proves holds: a run that says otherwise must not end well. */
export function isProved({ eras }: Outcome, policy: Policy): boolean {
  return eras.every((era) => conservationOf(era).holds) && checkSealChain(eras, policy).length === 0
}

/** Requests to try, with accounts that there are. */
export async function examplesFor(api: Api, { eras }: Outcome): Promise<string[]> {
  const { url } = api
  const last = eras.at(-1)
  const accounts = [...new Set(eras.flatMap(({ credits }) => credits.largest.map(({ account }) => account)))]
  const earner = last?.credits.largest[0]?.account ?? accounts[0]
  const buyer = await findBuyer(api, accounts)
  const token = `$(npm run -s token -- --endpoint-url ${url} --account operator --scope quarantine:read)`
  return [
    ...(earner && last
      ? [
          `curl -s ${url}/accounts/${earner}/balance`,
          `curl -s '${url}/accounts/${earner}/receipt?era=${last.era}'`,
        ]
      : []),
    ...(buyer ? [`curl -s '${url}/purchases?buyer=${buyer}'`] : []),
    ...(last ? [`curl -s ${url}/eras/${last.era}`] : []),
    `curl -s ${url}/eras/current`,
    `curl -s -H "authorization: Bearer ${token}" ${url}/quarantine`,
    `curl -s ${url}/openapi.json`,
  ]
}

async function findBuyer(api: Api, accounts: readonly string[]): Promise<string | undefined> {
  for (const account of accounts) {
    const { purchases } = await api.get<{ purchases: unknown[] }>(`/purchases?buyer=${account}&limit=1`)
    if (purchases.length > 0) return account
  }
  return undefined
}
