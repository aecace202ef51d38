import { type Answer, eventOf, type Question } from '../aws/gateway.ts'
import { isNetwork, past } from '../database/past.ts'
import type { Simulation } from '../simulation.ts'
import type { Chance } from '../world/chance.ts'
import { PEOPLE } from './stories.ts'

/** The most that an answer may be behind: what an instance believes of the network, and an index that is slow, ms. */
const MOST_BEHIND_MS = 11_000

/** The most moments of the past that are tried before an answer is called wrong. */
const MOST_MOMENTS = 600

const OPERATOR = { account: 'operator', scope: 'payouts:operate quotes:read bookings:read' }

/** Where what a command made can be read. */
const READ_AT: Record<string, string> = {
  'POST /quotes': 'GET /quotes/{id}',
  'POST /quotes/{id}/accept': 'GET /bookings/{id}',
  'POST /orders': 'GET /orders/{id}',
  'POST /accounts/{account}/payouts': 'GET /payouts/{id}',
  'PUT /offers/{id}': 'GET /offers/{id}',
}

const BOOKS = [
  'GET /accounts/{account}/balance',
  'GET /accounts/{account}/balance',
  'GET /accounts/{account}/stakes',
  'GET /accounts/{account}/statement',
  'GET /accounts/{account}/receipt',
  'GET /eras',
  'GET /eras/current',
  'GET /eras/{n}',
  'GET /policy',
]

/** Reads the books while things go wrong, and holds every answer against what the table has been. */
export class Onlooker {
  /** How many answers were held against the table, and how many of them were not of this moment. */
  looked = 0
  behind = 0
  readonly #sim: Simulation
  readonly #made: { route: string; id: string; account: string }[] = []

  constructor(sim: Simulation) {
    this.#sim = sim
  }

  /** Remembers what a command made, to look at it later. */
  saw(route: string, id: string, account: string): void {
    const read = READ_AT[route]
    if (read) this.#made.push({ route: read, id, account })
  }

  /** Reads something. The run fails where the answer is none that a table of the last seconds could give. */
  async look(chance: Chance, label: string): Promise<void> {
    const { world, gateway } = this.#sim
    const question = this.#question(chance)
    const askedAt = world.now
    const answer = await gateway.ask(question, `${label} looks at ${question.route}`)
    if (answer.status >= 500) return
    this.looked += 1
    const wrong = await this.#wrongWith(question, answer, askedAt)
    if (wrong) world.fail(new Error(`${label}: ${wrong}`))
  }

  #question(chance: Chance): Question {
    const made = this.#made.length > 0 && chance.is(0.4) ? chance.pick(this.#made) : undefined
    if (made)
      return { route: made.route, path: { id: made.id }, claims: { ...OPERATOR, account: made.account } }
    const account = chance.pick(PEOPLE)
    const era = String(chance.int(0, 3))
    const route = chance.pick(BOOKS)
    const path = { ...(route.includes('{account}') && { account }), ...(route.includes('{n}') && { n: era }) }
    return { route, path, ...(route.endsWith('/receipt') && { query: { era } }) }
  }

  /** Looks for a moment of the past at which the table gives this answer, now first. */
  async #wrongWith(question: Question, answer: Answer, askedAt: number): Promise<string | undefined> {
    const { database, world } = this.#sim
    const touched = new Map<string, { pk: string; sk: string }>()
    const look = (network: number, others: number, now: number): Promise<Answer> => {
      const view = past(database, { network, others }, touched)
      return this.#answerOf(question, view, now)
    }
    const nows = [world.now, askedAt].map((now) => Math.floor(now + answer.clockOffMs))
    const current = await look(world.now, world.now, nows[0] as number)
    if (isSame(current, answer)) return undefined
    this.behind += 1
    const earliest = answer.clockOffMs === 0 ? askedAt - MOST_BEHIND_MS : Number.NEGATIVE_INFINITY
    let tried = 0
    for (const network of this.#moments(touched, true, earliest)) {
      for (const others of this.#moments(touched, false, earliest)) {
        for (const now of nows) {
          tried += 1
          if (isSame(await look(network, others, now), answer)) return undefined
        }
        if (tried > MOST_MOMENTS) return undefined
      }
    }
    const { route, path } = question
    return `${route} of ${JSON.stringify(path)} was answered with ${answer.status} ${answer.text}, as the table has not been in the ${tried} ways tried; now it is ${current.text}`
  }

  /** When something of what was read was written, newest first, down to what was there at the earliest moment. */
  #moments(touched: Map<string, { pk: string; sk: string }>, network: boolean, earliest: number): number[] {
    const { database, world } = this.#sim
    const times = new Set([world.now, earliest])
    for (const { pk, sk } of touched.values())
      if (isNetwork(pk) === network)
        for (const at of database.timesOf(pk, sk)) if (at >= earliest) times.add(at)
    return [...times].sort((a, b) => b - a)
  }

  /** Asks a machine of its own, whose table stands still. */
  async #answerOf(question: Question, send: ReturnType<typeof past>, now: number): Promise<Answer> {
    const { gateway } = this.#sim
    const handler = this.#sim.instantiate(gateway.entryOf(question.route), { now: () => now, send })
    const { statusCode, body = '' } = (await handler(eventOf(question), {})) as {
      statusCode: number
      body?: string
    }
    return { status: statusCode, text: body, clockOffMs: 0 }
  }
}

function isSame(a: Answer, b: Answer): boolean {
  return a.status === b.status && a.text === b.text
}
