import { commandOf } from '../../../shared/api/request.ts'
import type { Answer, Question } from '../aws/gateway.ts'
import type { Simulation } from '../simulation.ts'
import { Stuck } from '../world/world.ts'

/** What somebody was answered to a command, and will hold the network to. */
interface Promised {
  question: Question
  text: string
}

/** So often somebody asks before it is clear that no answer will ever come. */
const MOST_TRIES = 400

/** How long somebody waits before asking again, s. */
const PATIENCE = [1, 20] as const

/** How often somebody asks the same twice at once. */
const IMPATIENT = 0.1

/** What may pass: failures of the service, and what others are changing just now. */
function mayPass({ status, text }: Answer): boolean {
  return status >= 500 || (status === 409 && text.includes('urn:exchequer:problem:in-flight'))
}

/**
 * Somebody who uses the API as its description says: who gets no answer asks again with the same key, and remembers
 * what was promised.
 */
export class Client {
  readonly #sim: Simulation
  readonly #promised = new Map<string, Promised>()

  constructor(sim: Simulation) {
    this.#sim = sim
  }

  /** Asks until there is an answer. Throws `Stuck` where there never is. */
  async ask(question: Question): Promise<Answer> {
    const { world, gateway } = this.#sim
    const label = labelOf(question)
    const chance = world.chance(`client ${label}`)
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const asked = [gateway.ask(question, label)]
      if (!this.#sim.faults.isOver && chance.is(IMPATIENT)) asked.push(gateway.ask(question, label))
      const answers = (await Promise.all(asked)).filter((answer) => !mayPass(answer))
      const [answer] = answers
      if (answer) {
        for (const { status, text } of answers) if (status === 200) this.#remember(question, text)
        return answer
      }
      await world.sleep(chance.int(...PATIENCE) * 1000)
    }
    throw new Stuck(`${label} has no answer after ${MOST_TRIES} tries`)
  }

  #remember(question: Question, text: string): void {
    if (question.key === undefined) return
    const label = labelOf(question)
    const before = this.#promised.get(label)
    if (before && before.text !== text)
      this.#sim.world.fail(new Error(`${label} was answered in two ways: ${before.text}, then ${text}`))
    this.#promised.set(label, { question, text })
  }

  /** Whatever was promised stands: it is in the journal, and is answered alike when it is asked for again. */
  async holdToIt(): Promise<void> {
    const posted = new Set(this.#sim.journal().map(({ id }) => id))
    for (const [label, { question, text }] of this.#promised) {
      const { id } = commandOf(
        { caller: { account: '', scopes: [], name: nameOf(question) }, key: question.key ?? '', digest: '' },
        question.route as Parameters<typeof commandOf>[1],
      )
      if (!posted.has(id))
        this.#sim.world.fail(new Error(`${label} was answered with 200, and is not in the journal`))
      const again = await this.ask(question)
      if (again.status !== 200 || again.text !== text)
        this.#sim.world.fail(
          new Error(`${label} was answered with ${text}, and again with ${again.status} ${again.text}`),
        )
    }
  }
}

function nameOf({ claims }: Question): string {
  return (claims?.account ?? '').startsWith('0x')
    ? (claims?.account ?? '').toLowerCase()
    : (claims?.account ?? '')
}

function labelOf({ route, path, key, claims }: Question): string {
  const where = route.replace(/\{(\w+)\}/g, (_, name: string) => path?.[name] ?? '')
  return `${claims?.account ?? 'anybody'} asks ${where}${key === undefined ? '' : ` ${key}`}`
}
