import type * as z from 'zod'
import type { quarantineResponse } from '../../../shared/api/contracts/quarantine.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'
import { type Api, issueToken } from '../api.ts'
import { conservationOf, reportChain, reportEras } from '../report/era-report.ts'
import { readEras } from '../report/read-eras.ts'
import { checkSealChain, type Era } from '../report/seal-chain.ts'
import { formatCount, plural, type Style } from '../terminal.ts'

/** What a settled network comes to, as its own API tells it. */
export interface Outcome {
  /** Events that were sent in all. */
  sent: number
  eras: Era[]
  quarantine: z.output<typeof quarantineResponse>['events']
}

const PAGE = 100

/** Reads the first `count` eras and all that is in quarantine, over HTTP like anybody else. */
export async function readOutcome(api: Api, count: number, sent: number): Promise<Outcome> {
  return { sent, eras: await readEras(api, 0, count - 1), quarantine: await readQuarantine(api) }
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
export function reportOutcome(outcome: Outcome, policy: Policy, style: Style, columns?: number): string {
  return [
    ...reportEras(outcome.eras, policy, style, columns),
    eventsLine(outcome, style),
    quarantineLine(outcome.quarantine, style),
    ...reportChain(outcome.eras, policy, style),
  ].join('\n')
}

/** Every event that was sent is counted in one era, dropped as a copy, or in quarantine. */
function accountForEvents({ eras, quarantine, sent }: Outcome) {
  const counted = eras.reduce(
    (sum, era) => sum + Object.values(era.counted).reduce((total, count) => total + count, 0),
    0,
  )
  const copies = eras.reduce((sum, { duplicates, conflicts }) => sum + duplicates + conflicts.count, 0)
  return { counted, copies, refused: quarantine.length, holds: sent === counted + copies + quarantine.length }
}

function eventsLine(outcome: Outcome, style: Style): string {
  const { counted, copies, refused, holds } = accountForEvents(outcome)
  const sum = `${plural(outcome.sent, 'event')} sent = ${formatCount(counted)} counted + ${plural(copies, 'copy', 'copies')} dropped + ${formatCount(refused)} in quarantine`
  return `${style.bold('Events')}      ${sum}  ${holds ? style.green('none lost') : style.red('NOT: the two sides differ')}`
}

function quarantineLine(quarantine: Outcome['quarantine'], style: Style): string {
  const reasons = quarantine.slice(0, 5).map(({ reason }) => `${reason.rule} ${reason.value}`)
  const more = quarantine.length > reasons.length ? ', ...' : ''
  return `${style.bold('Quarantine')}  ${plural(quarantine.length, 'event')}${reasons.length > 0 ? `: ${reasons.join(', ')}${more}` : ''}`
}

/** Whether everything the report proves holds: a run that says otherwise must not end well. */
export function isProved(outcome: Outcome, policy: Policy): boolean {
  const { eras } = outcome
  return (
    accountForEvents(outcome).holds &&
    eras.every((era) => conservationOf(era).holds) &&
    checkSealChain(eras, policy).length === 0
  )
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
