import { ExchequerError } from '../../shared/domain/errors.ts'
import { explainUnreachable } from './deployment.ts'

/** Reads of a network's HTTP API. */
export interface Api {
  url: string
  /** Throws the API's own problem as an error of the same code. */
  get<T>(path: string, token?: string): Promise<T>
}

const TIMEOUT_MS = 30_000

export function apiAt(url: string): Api {
  const base = url.replace(/\/$/, '')
  return {
    url: base,
    async get<T>(path: string, token?: string): Promise<T> {
      const response = await call(base, path, token ? { headers: { authorization: `Bearer ${token}` } } : {})
      return (await readAnswer(response, path)) as T
    },
  }
}

/** Asks the issuer of the local host for a token. Throws `NoToken` where there is no such issuer. */
export async function issueToken(
  url: string,
  claims: { account?: string | undefined; scope?: string | undefined },
): Promise<string> {
  const path = '/issuer/token'
  const response = await call(url.replace(/\/$/, ''), path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(claims),
  })
  const { access_token: token } = (await readAnswer(response, path)) as { access_token?: unknown }
  if (typeof token === 'string') return token
  throw new ExchequerError(
    'NoToken',
    `${url}${path} is no issuer of a local host: it answered without a token`,
  )
}

async function call(base: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(base + path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
  } catch (error) {
    throw explainUnreachable(error, { 'endpoint-url': base, aws: false })
  }
}

async function readAnswer(response: Response, path: string): Promise<unknown> {
  const text = await response.text()
  if (response.ok) return JSON.parse(text)
  const { title, detail, code } = problemOf(text)
  throw new ExchequerError(
    code ?? 'NotAnswered',
    `GET ${path}: ${response.status} ${[title, detail].filter(Boolean).join(': ') || text.slice(0, 200)}`,
  )
}

/** RFC 9457; the gateway itself answers with `message` alone. */
function problemOf(text: string): { title?: string; detail?: string; code?: string } {
  try {
    const { title, detail, message, type } = JSON.parse(text) as Record<string, string | undefined>
    const code = type?.split(/[/:#]/).at(-1)
    return {
      ...((title ?? message) && { title: title ?? message }),
      ...(detail && { detail }),
      ...(code && { code }),
    } as ReturnType<typeof problemOf>
  } catch {
    return {}
  }
}
