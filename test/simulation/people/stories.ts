import type { Answer, Question } from '../aws/gateway.ts'
import type { Simulation } from '../simulation.ts'
import type { Chance } from '../world/chance.ts'
import type { Client } from './client.ts'
import type { Onlooker } from './onlooker.ts'

/** Something that somebody does, in one of the phases of a scenario. */
export interface Story {
  /** Its own, for ever. */
  name: string
  kind: StoryKind
  phase: number
  /** After the phase has begun, ms. */
  afterMs: number
}

export type StoryKind = keyof typeof STORIES

/** Who appears in stories; all are given something at first. */
export const PEOPLE = ['a', 'b', 'c', 'alice'] as const

/** What each of them has at first, base units. */
export const GIVEN = 100_000

const OPERATOR = {
  account: 'operator',
  scope: 'network:operate orders:resolve orders:meter stakes:slash payouts:operate',
}

interface Teller {
  name: string
  sim: Simulation
  client: Client
  onlooker: Onlooker
  chance: Chance
}

/** How often somebody looks at once at what came of a command. */
const LOOKS = 0.6

/** Tells a story. What is refused is refused: the network decides what may be. */
export async function tell(
  { name, kind }: Story,
  deps: Pick<Teller, 'sim' | 'client' | 'onlooker'>,
): Promise<void> {
  await STORIES[kind](new Telling({ ...deps, name, chance: deps.sim.world.chance(`story ${name}`) }))
}

/** Somebody acts as an account, with keys of the story's own. */
class Telling {
  readonly chance: Chance
  readonly onlooker: Onlooker
  readonly #teller: Teller
  #asked = 0
  #looks = 0

  constructor(teller: Teller) {
    this.#teller = teller
    this.chance = teller.chance
    this.onlooker = teller.onlooker
  }

  get name(): string {
    return this.#teller.name
  }

  someone(): string {
    return this.chance.pick(PEOPLE)
  }

  some(most = 2_000): string {
    return String(this.chance.int(1, most))
  }

  /** What came of a POST: its body where it was done. */
  async post(route: string, account: string, more: Partial<Question> = {}): Promise<Done | undefined> {
    if (more.key === undefined) this.#asked += 1
    const key = `${this.name}.${this.#asked}`
    return this.#made(
      route,
      account,
      await this.#teller.client.ask({ route, key, claims: { account }, ...more }),
    )
  }

  /** What came of a PUT, which needs no key. */
  async put(route: string, account: string, more: Partial<Question>): Promise<Done | undefined> {
    return this.#made(route, account, await this.#teller.client.ask({ route, claims: { account }, ...more }))
  }

  async #made(route: string, account: string, answer: Answer): Promise<Done | undefined> {
    const made = done(answer)
    if (made?.id) this.onlooker.saw(route, made.id, account)
    if (made && this.chance.is(LOOKS)) {
      this.#looks += 1
      await this.onlooker.lookAfter(this.chance, `${this.name} after ${this.#looks}`, account)
    }
    return made
  }

  async get(route: string, more: Partial<Question> = {}): Promise<Done | undefined> {
    return done(await this.#teller.client.ask({ route, claims: OPERATOR, ...more }))
  }

  after(ms: number): Promise<void> {
    return this.#teller.sim.world.sleep(ms)
  }

  /** Some time passes; long stories go on in a later era. */
  pause(): Promise<void> {
    const seconds = this.chance.pick([0, 0, 1, 10, 60, 600])
    return this.#teller.sim.world.sleep(seconds * 1_000)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers of many routes.
type Done = any

function done({ status, text }: Answer): Done | undefined {
  return status === 200 ? JSON.parse(text) : undefined
}

async function offer(told: Telling, resource: string, provider: string): Promise<string> {
  const id = `${provider}-${resource}`
  const body = { resource, cluster: 'eu', quantity: told.some(20), price: told.some(60) }
  await told.put('PUT /offers/{id}', provider, { path: { id }, body })
  return id
}

const STORIES = {
  /** Without chance: a booking, and an order that is delivered. */
  async sell(told: Telling) {
    const storage = { resource: 'storage', cluster: 'eu', quantity: '20', price: '7' }
    await told.put('PUT /offers/{id}', 'a', { path: { id: 'a-storage' }, body: storage })
    const wanted = { resource: 'storage', cluster: 'eu', quantity: '11', seconds: 5_400 }
    // A list may be behind: who finds nothing on offer asks again.
    const ask = () => told.post('POST /quotes', 'b', { body: wanted, key: `${told.name}.quote` })
    const quote = (await ask()) ?? (await told.after(10_000).then(ask))
    if (quote) await told.post('POST /quotes/{id}/accept', 'b', { path: { id: quote.id } })
    const compute = { resource: 'cpu-hour', cluster: 'eu', quantity: '20', price: '7' }
    await told.put('PUT /offers/{id}', 'a', { path: { id: 'a-cpu' }, body: compute })
    const order = await told.post('POST /orders', 'c', { body: { offer: 'a-cpu', quantity: '3' } })
    if (!order) return
    const path = { id: order.id as string }
    await told.post('POST /orders/{id}/usage', 'a', { path, body: { seconds: 5_000 } })
    await told.post('POST /orders/{id}/fulfil', 'a', { path })
  },
  /** Without chance: some of what somebody has is paid out. */
  async cashOut(told: Telling) {
    const more = { path: { account: 'a' }, body: { amount: '777' } }
    await told.post('POST /accounts/{account}/payouts', 'a', more)
  },
  async transfer(told: Telling) {
    const [from, to] = [told.someone(), told.someone()]
    const body = { to, amount: told.some() }
    if (from !== to)
      await told.post('POST /accounts/{account}/transfers', from, { path: { account: from }, body })
  },
  async stake(told: Telling) {
    const account = told.someone()
    const lot = told.chance.pick(['one', 'two'])
    const lockSeconds = told.chance.pick([0, 60, 3_600, 200_000])
    const body = { amount: told.some(), lockSeconds, lot }
    await told.post('POST /accounts/{account}/stakes', account, { path: { account }, body })
    await told.pause()
    if (told.chance.is(0.3)) {
      const slash = { lot, amount: told.some(50), reason: 'was away' }
      const claims = OPERATOR
      await told.post('POST /accounts/{account}/slashes', 'operator', {
        path: { account },
        body: slash,
        claims,
      })
    }
    const part = told.chance.is(0.5) ? {} : { amount: told.some() }
    await told.post('POST /accounts/{account}/stakes/{lot}/unstake', account, {
      path: { account, lot },
      body: part,
    })
  },
  async booking(told: Telling) {
    const [provider, buyer] = [told.someone(), told.someone()]
    await offer(told, 'storage', provider)
    const seconds = told.chance.pick([60, 3_600, 40_000, 200_000])
    const body = { resource: 'storage', cluster: 'eu', quantity: told.some(15), seconds }
    const quote = await told.post('POST /quotes', buyer, { body })
    if (!quote) return
    await told.pause()
    const path = { id: quote.id as string }
    const booking = await told.post('POST /quotes/{id}/accept', buyer, { path })
    await told.pause()
    if (booking && told.chance.is(0.5))
      await told.post('POST /bookings/{id}/end', buyer, { path: { id: booking.id } })
  },
  async order(told: Telling) {
    const [seller, buyer] = [told.someone(), told.someone()]
    const resource = told.chance.pick(['cpu-hour', 'dataset', 'model'])
    const lasting = resource === 'model' ? { seconds: 100_000 } : {}
    const fulfilWithinSeconds = told.chance.pick([60, 3_600, 90_000])
    const body = {
      offer: await offer(told, resource, seller),
      quantity: told.some(5),
      fulfilWithinSeconds,
      ...lasting,
    }
    const order = await told.post('POST /orders', buyer, { body })
    if (!order) return
    const path = { id: order.id as string }
    const usage = { path, body: { seconds: 1_800 } }
    if (resource === 'cpu-hour') await told.post('POST /orders/{id}/usage', seller, usage)
    await told.pause()
    const step = told.chance.pick(['fulfil', 'fulfil', 'cancel', 'dispute'])
    const reason = step === 'dispute' ? { body: { reason: 'not as ordered' } } : {}
    await told.post(`POST /orders/{id}/${step}`, step === 'fulfil' ? seller : buyer, { path, ...reason })
    await told.pause()
    const resolved = { path, body: { capture: told.some(10) }, claims: OPERATOR }
    if (step === 'dispute') await told.post('POST /orders/{id}/resolve', 'operator', resolved)
    if (step === 'fulfil' && told.chance.is(0.4))
      await told.post('POST /orders/{id}/refund', seller, { path, body: {} })
  },
  async payout(told: Telling) {
    const account = told.someone()
    const body = { amount: told.chance.is(0.2) ? 'all' : told.some() }
    const payout = await told.post('POST /accounts/{account}/payouts', account, { path: { account }, body })
    await told.pause()
    if (payout && told.chance.is(0.3))
      await told.post('POST /payouts/{id}/cancel', account, { path: { id: payout.id } })
  },
  async decide(told: Telling) {
    const { eras = [] } = (await told.get('GET /eras', { query: { limit: '50' } })) ?? {}
    for (const { era, state } of eras) {
      if (state !== 'HELD') continue
      const body = { decision: told.chance.pick(['pay', 'return']) }
      const path = { n: String(era) }
      await told.put('POST /eras/{n}/decision', 'operator', { path, body, claims: OPERATOR })
    }
  },
  /** The next version of the policy, from one of the next eras. */
  async amend(told: Telling) {
    const inForce = await told.get('GET /policy')
    if (!inForce) return
    const { policy } = inForce
    const lively = policy.orderFee === undefined ? {} : { orderFee: told.chance.pick(['1%', '7.5%']) }
    const version = policy.version + inForce.pending.length + 1
    const next = { ...policy, ...lively, version, minimum: told.some(50) }
    const claims = { account: 'operator', scope: 'policy:write' }
    for (const effectiveFrom of [1, 2, 3, 4]) {
      const body = { policy: next, effectiveFrom }
      if (await told.put('PUT /policy', 'operator', { body, claims })) return
    }
  },
  async read(told: Telling) {
    for (let looks = told.chance.int(1, 4); looks > 0; looks -= 1) {
      await told.onlooker.look(told.chance, `${told.name}.${looks}`)
      await told.pause()
    }
  },
} as const
