import { type Answer, eventOf, type Question } from '../aws/gateway.ts'
import type { AsOf } from '../database/database.ts'
import { isNetwork, past } from '../database/past.ts'
import { BEHIND_MS } from '../database/service.ts'
import type { Simulation } from '../simulation.ts'
import type { Chance } from '../world/chance.ts'
import { PEOPLE } from './stories.ts'

/** The most that an answer may be behind: a read that is, and for how long an instance keeps what it has read, ms. */
const MOST_BEHIND_MS = BEHIND_MS.stale + 11_000

/** The most ways in which the table may have been that are tried before an answer is left alone. */
const MOST_WAYS = 300

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

/** What an account can look at of its own. */
const OWN = [
  'GET /accounts/{account}/balance',
  'GET /accounts/{account}/balance',
  'GET /accounts/{account}/stakes',
  'GET /accounts/{account}/statement',
]

/** What a command made, and where it can be read. */
interface Made {
  route: string
  id: string
  account: string
}

/** Reads the books while things go wrong, and holds every answer against what the table has been. */
export class Onlooker {
  /** How many answers were held against the table, and how many of them were not of this moment. */
  looked = 0
  behind = 0
  /** How many answers of the past were left alone, for there were too many ways in which the table may have been. */
  leftAlone = 0
  /** How often there was no answer but that something went wrong. */
  failed = 0
  readonly #sim: Simulation
  readonly #made: Made[] = []

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
    await this.#hold(this.#question(chance), label)
  }

  /** Looks at once at what somebody has just done, or at what that somebody has now. */
  async lookAfter(chance: Chance, label: string, account: string): Promise<void> {
    const made = this.#made.findLast((one) => one.account === account)
    const isPerson = PEOPLE.some((name) => name === account)
    if (made && (chance.is(0.5) || !isPerson)) await this.#hold(questionOf(made), label)
    else if (isPerson) await this.#hold({ route: chance.pick(OWN), path: { account } }, label)
  }

  async #hold(question: Question, label: string): Promise<void> {
    const { world, gateway } = this.#sim
    const askedAt = world.now
    const answer = await gateway.ask(question, `${label} looks at ${question.route}`)
    if (answer.status >= 500) {
      this.failed += 1
      return
    }
    this.looked += 1
    const wrong = await this.#wrongWith(question, answer, askedAt)
    if (wrong) world.fail(new Error(`${label}: ${wrong}`))
  }

  #question(chance: Chance): Question {
    const made = this.#made.length > 0 && chance.is(0.4) ? chance.pick(this.#made) : undefined
    if (made) return questionOf(made)
    const account = chance.pick(PEOPLE)
    const era = String(chance.int(0, 3))
    const route = chance.pick(BOOKS)
    const path = { ...(route.includes('{account}') && { account }), ...(route.includes('{n}') && { n: era }) }
    return { route, path, ...(route.endsWith('/receipt') && { query: { era } }) }
  }

  /** Looks for a way in which the table has been and gives this answer: as it is, as it was, each item as it was. */
  async #wrongWith(question: Question, answer: Answer, askedAt: number): Promise<string | undefined> {
    const { database, world } = this.#sim
    const touched = new Map<string, { pk: string; sk: string }>()
    const nows = [...new Set([world.now, askedAt].map((now) => Math.floor(now + answer.clockOffMs)))]
    let current: Answer | undefined
    let ways = 0
    const isAnswer = async (momentOf: AsOf): Promise<boolean> => {
      for (const now of nows) {
        ways += 1
        const found = await this.#answerOf(question, past(database, momentOf, touched), now)
        current ??= found
        if (isSame(found, answer)) return true
      }
      return false
    }
    if (await isAnswer(() => world.now)) return undefined
    this.behind += 1
    const earliest = answer.clockOffMs === 0 ? askedAt - MOST_BEHIND_MS : Number.NEGATIVE_INFINITY
    for (const network of this.#moments(
      [...touched.values()].filter(({ pk }) => isNetwork(pk)),
      earliest,
    ))
      for (const others of this.#moments(
        [...touched.values()].filter(({ pk }) => !isNetwork(pk)),
        earliest,
      )) {
        if (await isAnswer((pk) => (isNetwork(pk) ? network : others))) return undefined
        if (ways > MOST_WAYS) return this.#leaveAlone()
      }
    for (const momentOf of this.#mixed([...touched.values()], earliest)) {
      if (await isAnswer(momentOf)) return undefined
      if (ways > 2 * MOST_WAYS) return this.#leaveAlone()
    }
    const { route, path } = question
    return `${route} of ${JSON.stringify(path)} was answered with ${answer.status} ${answer.text}, as the table has not been in the ${ways} ways tried; now it is ${current?.text}`
  }

  #leaveAlone(): undefined {
    this.leftAlone += 1
    return undefined
  }

  /** When something of what was read was written, newest first, down to what was there at the earliest moment. */
  #moments(touched: { pk: string; sk: string }[], earliest: number): number[] {
    const { database, world } = this.#sim
    const times = new Set([world.now, earliest])
    for (const { pk, sk } of touched)
      for (const at of database.timesOf(pk, sk)) if (at >= earliest) times.add(at)
    return [...times].sort((a, b) => b - a)
  }

  /** Every way in which each of the items may have been as of a moment of its own. */
  *#mixed(items: { pk: string; sk: string }[], earliest: number): Generator<AsOf> {
    const changing = items
      .map((item) => ({ name: `${item.pk}\n${item.sk}`, moments: this.#moments([item], earliest).slice(1) }))
      .filter(({ moments }) => moments.length > 1)
    const ways = changing.reduce((product, { moments }) => product * moments.length, 1)
    for (let way = 0; way < ways; way += 1) {
      const chosen = new Map<string, number>()
      let left = way
      for (const { name, moments } of changing) {
        chosen.set(name, moments[left % moments.length] as number)
        left = Math.floor(left / moments.length)
      }
      yield (pk, sk) => chosen.get(`${pk}\n${sk}`) ?? Number.POSITIVE_INFINITY
    }
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

function questionOf({ route, id, account }: Made): Question {
  return { route, path: { id }, claims: { ...OPERATOR, account } }
}

function isSame(a: Answer, b: Answer): boolean {
  return a.status === b.status && a.text === b.text
}
