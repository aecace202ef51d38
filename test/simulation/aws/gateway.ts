import type { World } from '../world/world.ts'
import type { Lambda, Outcome } from './lambda.ts'

/** What somebody asks of the HTTP API. */
export interface Question {
  /** "GET /eras/{n}". */
  route: string
  path?: Record<string, string>
  query?: Record<string, string>
  body?: object
  /** `Idempotency-Key`. */
  key?: string
  /** Claims of a token that the gateway has accepted. */
  claims?: { account: string; scope?: string }
}

export interface Answer {
  status: number
  text: string
  /** How wrong the clock of the machine was that answered, ms. */
  clockOffMs: number
}

/** The gateway waits no longer for a function, ms. */
const WAITS_MS = 30_000

/** The HTTP API: hands requests to the functions of the template's routes, and their answers back. */
export class Gateway {
  readonly #world: World
  readonly #lambda: Lambda
  readonly #routes: Record<string, string>

  constructor(world: World, lambda: Lambda, routes: Record<string, string>) {
    this.#world = world
    this.#lambda = lambda
    this.#routes = routes
  }

  /** The function behind a route. Throws where the template has no such route. */
  entryOf(route: string): string {
    const entry = this.#routes[route]
    if (!entry) throw new Error(`the template has no route ${route}`)
    return entry
  }

  /** Asks once. `label` says who asks what, for the trace. */
  async ask(question: Question, label: string): Promise<Answer> {
    const outcome = await this.#inTime(
      this.#lambda.invoke(this.entryOf(question.route), eventOf(question), label),
    )
    if (!outcome) return { status: 504, text: 'Endpoint request timed out', clockOffMs: 0 }
    if ('error' in outcome) return { status: 500, text: outcome.error.name, clockOffMs: 0 }
    const { statusCode, body = '' } = outcome.payload as { statusCode: number; body?: string }
    return { status: statusCode, text: body, clockOffMs: outcome.clockOffMs }
  }

  #inTime(work: Promise<Outcome>): Promise<Outcome | undefined> {
    return new Promise((resolve) => {
      const timer = this.#world.after(WAITS_MS, () => resolve(undefined))
      void work.then((outcome) => {
        this.#world.cancel(timer)
        resolve(outcome)
      })
    })
  }
}

/** A request as the function gets it: payload format 2.0. */
export function eventOf({ route, path = {}, query, body, key, claims }: Question): object {
  const rawPath = route
    .replace(/^\w+ /, '')
    .replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  return {
    version: '2.0',
    routeKey: route,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: key === undefined ? {} : { 'idempotency-key': key },
    ...(Object.keys(path).length > 0 && { pathParameters: path }),
    ...(query && { queryStringParameters: query }),
    ...(body && { body: JSON.stringify(body) }),
    requestContext: {
      http: { method: route.split(' ')[0], path: rawPath },
      ...(claims && { authorizer: { jwt: { claims: { scope: '', ...claims }, scopes: null } } }),
    },
    isBase64Encoded: false,
  }
}
