import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RouteKey } from '../../../shared/api/operations.ts'
import { marketPolicyJson } from '../../support/market.ts'
import { HOUR_MS } from '../../support/policies.ts'
import { type Acting, asking, startActing } from '../api/acting.ts'
import { fail, type Request, read } from '../api/gateway.ts'

let acting: Awaited<ReturnType<typeof startActing>>
let network: Acting
let offers: unknown
let bookings: unknown

beforeAll(async () => {
  acting = await startActing()
  network = await acting.open(marketPolicyJson())
  // The handlers of a market are loaded as the others were: for the same table.
  vi.resetModules()
  offers = (await import('../../../functions/api/offers.ts')).handler
  bookings = (await import('../../../functions/api/bookings.ts')).handler
  await network.give('ann', 1_000_000n)
})
afterAll(() => acting.stop())

const DAY = 86_400
const of = (amount: string) => ({ amount, asset: 'TEST', decimals: 0 })
const storage = { resource: 'storage', cluster: 'eu', quantity: '10', price: '4' }
const wanted = { resource: 'storage', cluster: 'eu', quantity: '5', seconds: DAY }

/** A request of an account; its path is only what is said. */
function by(account: string, body?: unknown, path?: Record<string, string>, more: Request = {}): Request {
  const { path: _, ...request } = asking(account, body, more)
  return { ...request, ...(path && { path }) }
}
const put = (id: string, account: string, body: object, more?: Request) =>
  read(offers, 'PUT /offers/{id}', by(account, body, { id }, more))
const problem = async (handler: unknown, route: RouteKey, request: Request) => {
  const { type, status, detail } = await fail(handler, route, request)
  return [status, type.replace('urn:exchequer:problem:', ''), detail] as const
}
/** Status and type of a problem. */
const refusal = async (...asked: Parameters<typeof problem>) => (await problem(...asked)).slice(0, 2)
let clusters = 0
/** A cluster of its own with one offer of ten units at 4. */
async function cluster(changes: object = {}): Promise<{ name: string; offer: string }> {
  clusters += 1
  const made = { name: `c${clusters}`, offer: `offer-${clusters}` }
  await put(made.offer, 'prov', { ...storage, cluster: made.name, ...changes })
  return made
}

describe('the market through its routes', () => {
  it('an offer is put, found, quoted, booked and ended', async () => {
    const { name, offer } = await cluster({ minSeconds: 60, committedUntil: '2027-01-01T01:00:00+01:00' })
    const found = { id: offer, provider: 'prov', unit: 'TB', taken: '0', available: '10', price: of('4') }
    expect(await read(offers, 'GET /offers/{id}', { path: { id: offer } })).toMatchObject({
      ...found,
      minSeconds: 60,
      committedUntil: '2027-01-01T00:00:00Z',
      trust: 0,
      state: 'open',
    })
    const query = { resource: 'storage', cluster: name, maxPrice: '4' }
    expect((await read(offers, 'GET /offers', { query })).offers).toMatchObject([found])

    const request = by('ann', { ...wanted, cluster: name })
    const quote = await read(bookings, 'POST /quotes', request)
    expect(quote).toEqual({
      id: quote.id,
      state: 'open',
      buyer: 'ann',
      resource: 'storage',
      unit: 'TB',
      cluster: name,
      quantity: '5',
      seconds: DAY,
      offers: [{ offer, provider: 'prov', quantity: '5', price: of('4'), entitlement: of('20') }],
      base: of('20'),
      requirement: of('25'),
      at: '2026-01-01T00:00:00Z',
      expiresAt: '2026-01-01T00:15:00Z',
      policyVersion: 1,
      pricing: {
        clusterPrice: 'uniform-clearing',
        periodSeconds: DAY,
        scaling: '100%',
        margin: '25%',
        maxClusterPrice: of('1000000'),
      },
      clusterPrice: of('4'),
      margin: of('5'),
      formulas: {
        value: 'highest price x quantity = 4 x 5 = 20',
        base: 'ceil(value x seconds x scaling / period) = ceil(20 x 86400 x 100% / 86400) = 20',
        requirement: 'ceil(base x (1 + margin)) = ceil(20 x 125%) = 25',
      },
    })
    expect(await read(bookings, 'POST /quotes', request)).toEqual(quote)
    expect((await read(offers, 'GET /offers/{id}', { path: { id: offer } })).available).toBe('5')

    const path = { id: quote.id }
    const accepting = by('ann', undefined, path)
    const booking = await read(bookings, 'POST /quotes/{id}/accept', accepting)
    expect(booking).toMatchObject({
      id: quote.id,
      quote: quote.id,
      state: 'active',
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-02T00:00:00Z',
      requirement: of('25'),
    })
    expect(await read(bookings, 'POST /quotes/{id}/accept', accepting)).toEqual(booking)
    expect(await read(bookings, 'GET /quotes/{id}', by('ann', undefined, path))).toMatchObject({
      state: 'accepted',
    })
    expect(await read(bookings, 'GET /bookings/{id}', { path })).toEqual(booking)
    const list = { query: { buyer: 'ann', limit: '1' } }
    expect((await read(bookings, 'GET /bookings', list)).bookings).toEqual([booking])

    const ending = by('ann', undefined, path)
    const ended = await read(bookings, 'POST /bookings/{id}/end', ending)
    expect(ended).toMatchObject({
      state: 'ended',
      ended: { unearned: of('25'), fee: of('0'), refund: of('25') },
    })
    expect(await read(bookings, 'POST /bookings/{id}/end', ending)).toEqual(ended)
    expect((await read(offers, 'GET /offers/{id}', { path: { id: offer } })).available).toBe('10')
  })

  it('lists go on with their cursor, and with no other', async () => {
    const { name } = await cluster()
    const ids: string[] = []
    for (let n = 0; n < 3; n += 1) {
      const quote = await read(
        bookings,
        'POST /quotes',
        by('lea', { ...wanted, cluster: name, quantity: '1' }),
      )
      await network.give('lea', 5n)
      ids.push((await read(bookings, 'POST /quotes/{id}/accept', by('lea', undefined, { id: quote.id }))).id)
    }
    const page = (query: object) =>
      read(bookings, 'GET /bookings', { query: { buyer: 'lea', limit: '2', ...query } })
    const first = await page({})
    const rest = await page({ cursor: first.next })
    expect([...first.bookings, ...rest.bookings].map(({ id }) => id).sort()).toEqual(ids.sort())
    expect(rest.next).toBeUndefined()
    expect(await refusal(bookings, 'GET /bookings', { query: { buyer: 'ann', cursor: first.next } })).toEqual(
      [400, 'invalid-cursor'],
    )
    await cluster({ cluster: name })
    const [one] = (
      await read(offers, 'GET /offers', { query: { resource: 'storage', cluster: name, limit: '1' } })
    ).offers
    const query = { resource: 'storage', cluster: name, limit: '1' }
    const { next } = await read(offers, 'GET /offers', { query })
    const [two] = (await read(offers, 'GET /offers', { query: { ...query, cursor: next } })).offers
    expect([one.cluster, two.cluster, one.id === two.id]).toEqual([name, name, false])
    expect(await refusal(offers, 'GET /offers', { query: { provider: 'prov', cursor: next } })).toEqual([
      400,
      'invalid-cursor',
    ])
  })

  it('only the scope says what the network thinks of a provider, and it stays when the provider says more', async () => {
    const { offer, name } = await cluster()
    const operator = { claims: { account: 'operator', scope: 'offers:write' } }
    const again = { ...storage, cluster: name, provider: 'prov' }
    expect(await put(offer, 'operator', { ...again, trust: 7 }, operator)).toMatchObject({
      provider: 'prov',
      trust: 7,
    })
    expect(await put(offer, 'prov', { ...storage, cluster: name, price: '9' })).toMatchObject({
      trust: 7,
      price: of('9'),
    })
  })

  it('a PUT sent again late undoes nothing that was said since, if it has a key', async () => {
    const { name, offer } = await cluster()
    const said = (price: string, headers: Record<string, string>) =>
      by('prov', { ...storage, cluster: name, price }, { id: offer }, { headers })
    const first = said('5', { 'idempotency-key': 'first' })
    const answer = await read(offers, 'PUT /offers/{id}', first)
    await put(offer, 'prov', { ...storage, cluster: name, price: '6' })
    expect(await read(offers, 'PUT /offers/{id}', first)).toEqual(answer)
    const price = async () => (await read(offers, 'GET /offers/{id}', { path: { id: offer } })).price
    expect(await price()).toEqual(of('6'))
    expect(await refusal(offers, 'PUT /offers/{id}', said('7', { 'idempotency-key': 'first' }))).toEqual([
      422,
      'idempotency-key-reused',
    ])
    // Without a key it is as often as it is sent.
    await read(offers, 'PUT /offers/{id}', said('5', {}))
    expect(await price()).toEqual(of('5'))
  })

  it('an expired quote says so, and cannot be accepted', async () => {
    const own = await acting.open(marketPolicyJson())
    vi.resetModules()
    const [offersOf, bookingsOf] = [
      (await import('../../../functions/api/offers.ts')).handler,
      (await import('../../../functions/api/bookings.ts')).handler,
    ]
    await read(offersOf, 'PUT /offers/{id}', by('prov', storage, { id: 'a' }))
    const { id } = await read(bookingsOf, 'POST /quotes', by('ann', wanted))
    await own.passTo((15 * 60_000) / HOUR_MS)
    expect(await read(bookingsOf, 'GET /quotes/{id}', by('ann', undefined, { id }))).toMatchObject({
      state: 'expired',
    })
    expect(await refusal(bookingsOf, 'POST /quotes/{id}/accept', by('ann', undefined, { id }))).toEqual([
      409,
      'quote-expired',
    ])
    expect((await read(offersOf, 'GET /offers/{id}', { path: { id: 'a' } })).available).toBe('10')
  })
})

describe('what is refused', () => {
  const PUT = 'PUT /offers/{id}'
  const without = (key: string) =>
    Object.fromEntries(Object.entries(storage).filter(([name]) => name !== key))
  it.each([
    ['no resource', without('resource'), 'invalid-body', 'resource: '],
    ['another resource', { ...storage, resource: 'tape' }, 'invalid-body', 'a resource is one of storage'],
    ['no cluster', without('cluster'), 'invalid-body', 'cluster: '],
    ['a cluster that parts places', { ...storage, cluster: 'eu#0' }, 'invalid-body', 'cluster: a name is'],
    [
      'no units',
      { ...storage, quantity: '0' },
      'invalid-body',
      'quantity: a quantity is a whole number from 1',
    ],
    ['units as a number', { ...storage, quantity: 10 }, 'invalid-body', 'quantity: '],
    ['a part of a unit', { ...storage, quantity: '1.5' }, 'invalid-body', 'got "1.5"'],
    [
      'more units than there can be',
      { ...storage, quantity: `1${'0'.repeat(38)}` },
      'invalid-body',
      'quantity: ',
    ],
    ['a price below nothing', { ...storage, price: '-1' }, 'invalid-body', 'price: a price is'],
    ['a time of nothing', { ...storage, minSeconds: 0 }, 'invalid-body', 'minSeconds: a time is'],
    [
      'times that cross',
      { ...storage, minSeconds: 2, maxSeconds: 1 },
      'invalid-body',
      'maxSeconds: the longest',
    ],
    [
      'no such day',
      { ...storage, committedUntil: '2026-02-30T00:00:00Z' },
      'invalid-body',
      'committedUntil: ',
    ],
    ['a billing unit of days', { ...storage, billingSeconds: 86_401 }, 'invalid-body', 'billingSeconds: '],
    [
      'a billing unit of what is not metered',
      { ...storage, billingSeconds: 60 },
      'invalid-body',
      'billingSeconds: only compute (cpu-hour, gpu-hour) is billed by the time it is used: got 60',
    ],
    ['trust below nothing', { ...storage, trust: -1 }, 'invalid-body', 'trust: trust is'],
    ['trust without the scope', { ...storage, trust: 1 }, 'missing-scope', 'offers:write'],
    ['another state', { ...storage, state: 'sold' }, 'invalid-body', 'state: '],
    ['an unknown key', { ...storage, takings: [] }, 'invalid-body', 'unknown key takings'],
    ['for somebody else', { ...storage, provider: 'bob' }, 'not-yours', 'bob'],
    ['no JSON', '{', 'invalid-body', 'a body is JSON'],
  ])('an offer with %s', async (_, body, type, why) => {
    const [, found, detail] = await problem(offers, PUT, by('prov', body, { id: 'new' }))
    expect([found, detail]).toEqual([type, expect.stringContaining(why)])
  })

  it('an offer without a token, of nobody, or by an id that is none', async () => {
    const { claims: _, ...anonymous } = by('prov', storage, { id: 'new' })
    expect((await problem(offers, PUT, anonymous)).slice(0, 2)).toEqual([401, 'unauthenticated'])
    expect(await refusal(offers, PUT, by('@pool', storage, { id: 'new' }))).toEqual([403, 'not-yours'])
    expect(await refusal(offers, PUT, by('prov', storage, { id: 'a b' }))).toEqual([400, 'invalid-parameter'])
  })

  it("an offer that is another's, moves, or is withdrawn or taken", async () => {
    const { offer: id, name } = await cluster()
    const same = { ...storage, cluster: name }
    expect(await refusal(offers, PUT, by('thief', same, { id }))).toEqual([403, 'not-yours'])
    expect(await refusal(offers, PUT, by('prov', storage, { id }))).toEqual([409, 'offer-fixed'])
    await read(bookings, 'POST /quotes', by('ann', { ...wanted, cluster: name }))
    expect(await refusal(offers, PUT, by('prov', { ...same, quantity: '4' }, { id }))).toEqual([
      409,
      'offer-taken',
    ])
    await put(id, 'prov', { ...same, state: 'withdrawn' })
    expect(await refusal(offers, PUT, by('prov', same, { id }))).toEqual([409, 'offer-withdrawn'])
  })

  it.each([
    ['nothing', {}],
    ['both', { provider: 'prov', resource: 'storage' }],
    ['a cluster of no resource', { provider: 'prov', cluster: 'eu' }],
    ['a price without a cluster', { resource: 'storage', maxPrice: '1' }],
    ['a resource there is none of', { resource: 'tape' }],
    ['a price that is none', { resource: 'storage', cluster: 'eu', maxPrice: 'x' }],
    ['an account that is none', { provider: 'a b' }],
    ['no rows', { resource: 'storage', limit: '0' }],
    ['something else', { resource: 'storage', colour: 'red' }],
  ])('offers asked for by %s', async (_, query) => {
    expect(await refusal(offers, 'GET /offers', { query })).toEqual([400, 'invalid-parameter'])
  })

  it.each([
    ['of another resource', { resource: 'tape' }, 400, 'invalid-body', 'a resource is one of'],
    [
      'of what is ordered',
      { resource: 'gpu-hour' },
      409,
      'not-priced',
      'gpu-hour is counted in hour, and is ordered',
    ],
    ['in no cluster', { cluster: '' }, 400, 'invalid-body', 'cluster: '],
    ['in an empty one', { cluster: 'nowhere' }, 409, 'not-enough-capacity', '5 TB of 5 are missing'],
    ['of nothing', { quantity: '0' }, 400, 'invalid-body', 'quantity: '],
    ['for no time', { seconds: 0 }, 400, 'invalid-body', 'seconds: '],
    ['for ever', { seconds: 1e12 }, 400, 'invalid-body', 'seconds: '],
    ['for part of a second', { seconds: 1.5 }, 400, 'invalid-body', 'seconds: '],
    ['for somebody else', { buyer: 'bob' }, 400, 'invalid-body', 'unknown key buyer'],
  ])('a quote %s', async (_, changes, status, type, why) => {
    const request = by('ann', { ...wanted, ...changes })
    expect(await problem(bookings, 'POST /quotes', request)).toEqual([
      status,
      type,
      expect.stringContaining(why),
    ])
  })

  it('a quote without a key, without a token, of nobody, or with a key that was used', async () => {
    const { name } = await cluster()
    const request = by('ann', { ...wanted, cluster: name })
    const { claims: _, ...anonymous } = request
    expect(await refusal(bookings, 'POST /quotes', anonymous)).toEqual([401, 'unauthenticated'])
    expect(await refusal(bookings, 'POST /quotes', { ...request, headers: {} })).toEqual([
      400,
      'idempotency-key-needed',
    ])
    expect(await refusal(bookings, 'POST /quotes', { ...request, claims: { account: '@pool' } })).toEqual([
      403,
      'not-yours',
    ])
    await read(bookings, 'POST /quotes', request)
    const other = { ...request, body: { ...wanted, cluster: name, quantity: '1' } }
    expect(await refusal(bookings, 'POST /quotes', other)).toEqual([422, 'idempotency-key-reused'])
    expect((await read(bookings, 'POST /quotes', { ...other, claims: { account: 'bob' } })).buyer).toBe('bob')
  })

  it("what is another's, not there, not paid for, or over", async () => {
    const { name } = await cluster()
    const { id } = await read(bookings, 'POST /quotes', by('poor', { ...wanted, cluster: name }))
    const path = { id }
    const nothing = { id: 'nothing' }
    const ACCEPT = 'POST /quotes/{id}/accept'
    const END = 'POST /bookings/{id}/end'
    expect(await refusal(bookings, 'GET /quotes/{id}', by('ann', undefined, path))).toEqual([
      403,
      'not-yours',
    ])
    const reader = { claims: { account: 'desk', scope: 'quotes:read' } }
    expect((await read(bookings, 'GET /quotes/{id}', by('desk', undefined, path, reader))).id).toBe(id)
    expect(await refusal(bookings, 'GET /quotes/{id}', by('ann', undefined, nothing))).toEqual([
      404,
      'unknown-quote',
    ])
    expect(await refusal(bookings, ACCEPT, by('ann', undefined, path))).toEqual([403, 'not-yours'])
    expect(await refusal(bookings, ACCEPT, by('ann', undefined, nothing))).toEqual([404, 'unknown-quote'])
    expect(await refusal(bookings, ACCEPT, by('poor', undefined, path))).toEqual([409, 'not-enough'])
    await network.give('poor', 25n)
    await read(bookings, ACCEPT, by('poor', undefined, path))
    expect(await refusal(bookings, ACCEPT, by('poor', undefined, path))).toEqual([409, 'quote-accepted'])
    expect(await refusal(bookings, END, by('ann', undefined, path))).toEqual([403, 'not-yours'])
    expect(await refusal(bookings, END, by('ann', undefined, nothing))).toEqual([404, 'unknown-booking'])
    expect(await refusal(bookings, 'GET /bookings/{id}', { path: nothing })).toEqual([404, 'unknown-booking'])
    await read(bookings, END, by('poor', undefined, path))
    expect(await refusal(bookings, END, by('poor', undefined, path))).toEqual([409, 'booking-ended'])
    expect(await refusal(bookings, 'GET /bookings', {})).toEqual([400, 'invalid-parameter'])
    expect(await refusal(offers, 'GET /offers/{id}', { path: nothing })).toEqual([404, 'unknown-offer'])
  })
})
