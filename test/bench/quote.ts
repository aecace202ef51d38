import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { putOffer } from '../../shared/market/offers.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { inParallel } from '../../shared/store/parallel.ts'
import { DAY_SECONDS, marketPolicyJson, offer } from '../support/market.ts'
import { START_MS } from '../support/policies.ts'
import { type PlainOffer, putPlainOffers, quotePlainly } from './baseline/quotes.ts'
import { counting, openWorld, silently, type World } from './lambda.ts'
import { type Figure, median, quantile, type Size, took } from './measure.ts'

const OFFERS = 10_000
const QUOTES = 300
/** The usual way is slow: fewer of them show it. */
const BASELINE_QUOTES = 10

/** Units of an offer, and of a quote: one takes the rest of one offer and some of the next. */
const UNITS = 10n
const WANTED = 13

type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>

/** A quote through the API's function, with 10,000 offers in the cluster, against reading them all. */
export async function quote({ tiny }: Size): Promise<Figure[]> {
  const world = await openWorld()
  const usual = await world.engine.another()
  try {
    const offers = offersOf(tiny ? 40 : OFFERS)
    await publish(world, offers)
    await putPlainOffers(usual, offers)
    const handler = await world.handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(
      'api/bookings',
    )
    const { result: quotes } = await silently(() =>
      times(tiny ? 2 : QUOTES, (n) => ask(handler, `quote-${n}`)),
    )
    const plain = await times(tiny ? 2 : BASELINE_QUOTES, () => quotePlainly(usual, BigInt(WANTED)))
    const { result: units } = await silently(() => counting(() => ask(handler, 'counted')))
    const what = `${offers.length.toLocaleString('en-US')} offers`
    return [
      {
        bench: 'quote',
        what: `${what}: p50`,
        value: median(quotes),
        unit: 'ms',
        baseline: { what: 'read all, sort', value: median(plain) },
      },
      { bench: 'quote', what: `${what}: p99`, value: quantile(quotes, 0.99), unit: 'ms' },
      { bench: 'quote', what: `${what}: read units of one`, value: units.read, unit: 'units' },
      { bench: 'quote', what: `${what}: write units of one`, value: units.write, unit: 'units' },
    ]
  } finally {
    await world.stop()
  }
}

/** Each takes what it does, ms, after one that counts for nothing. */
async function times(count: number, work: (n: number) => Promise<unknown>): Promise<number[]> {
  const all: number[] = []
  for (let n = 0; n <= count; n += 1) all.push((await took(() => work(n))).wallMs)
  return all.slice(1)
}

function offersOf(count: number): PlainOffer[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `offer-${n}`,
    price: 1n + BigInt(Math.floor(Math.random() * 10_000)),
    left: UNITS,
  }))
}

async function publish({ store }: World, offers: readonly PlainOffer[]): Promise<void> {
  const era = { every: 'P30D', from: '2026-01-01T00:00:00Z', clock: 'wall' }
  await openNetwork(store, marketPolicyJson({ era }), START_MS)
  const deps = { store, now: () => START_MS }
  await inParallel(offers, async ({ id, price, left }) => {
    const { takings: _, ...terms } = offer(id, { price, quantity: left })
    await putOffer(deps, (version) => ({ id: `cmd#bench#offer#${id}-${version}`, digest: id }), terms)
  })
}

async function ask(handler: Handler, key: string): Promise<void> {
  const wanted = { resource: 'storage', cluster: 'eu', quantity: String(WANTED), seconds: DAY_SECONDS }
  const claims = { account: 'buyer' }
  const { statusCode, body } = await handler({
    version: '2.0',
    routeKey: 'POST /quotes',
    rawPath: '/quotes',
    rawQueryString: '',
    headers: { 'idempotency-key': key },
    body: JSON.stringify(wanted),
    requestContext: {
      http: { method: 'POST', path: '/quotes' },
      authorizer: { jwt: { claims, scopes: null } },
    },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2)
  if (statusCode !== 200 && statusCode !== 201) throw new Error(`a quote was answered ${statusCode}: ${body}`)
}
