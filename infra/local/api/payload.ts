import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { JWTPayload } from 'jose'
import { isRecord, numberOf, recordOf, textsOf } from '../stack/values.ts'

/** API Gateway's payload format 2.0, both ways. */

export type HttpRequest = {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly sourceIp: string
}

export type RouteMatch = {
  readonly routeKey: string
  readonly pathParameters: Readonly<Record<string, string>>
  readonly jwt: { readonly claims: JWTPayload; readonly scopes: readonly string[] | null } | undefined
}

export type HttpAnswer = {
  readonly status: number
  readonly headers: OutgoingHttpHeaders
  readonly body: string | Buffer
}

const TEXT_TYPES = /^(text\/|application\/(json|xml|javascript)|[^;]+\+(json|xml))/i

/** The event a function gets, as JSON text. */
export function requestEvent(
  request: HttpRequest,
  route: RouteMatch,
  account: string,
  apiId: string,
): string {
  const { method, target, headers, body, sourceIp } = request
  const mark = target.indexOf('?')
  const rawPath = decodePath(mark < 0 ? target : target.slice(0, mark))
  const rawQueryString = mark < 0 ? '' : target.slice(mark + 1)
  const isText = headers['content-type'] === undefined || TEXT_TYPES.test(headers['content-type'])
  const domainName = headers.host ?? ''
  const now = new Date()
  const { cookie, ...others } = headers
  return JSON.stringify({
    version: '2.0',
    routeKey: route.routeKey,
    rawPath,
    rawQueryString,
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers: joined(Object.entries(others)),
    ...(rawQueryString === '' ? {} : { queryStringParameters: queryOf(rawQueryString) }),
    requestContext: {
      accountId: account,
      apiId,
      ...(route.jwt === undefined
        ? {}
        : { authorizer: { jwt: { claims: claimTexts(route.jwt.claims), scopes: route.jwt.scopes } } }),
      domainName,
      domainPrefix: domainName.split('.')[0],
      http: {
        method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.routeKey,
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.byteLength === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    ...(Object.keys(route.pathParameters).length === 0 ? {} : { pathParameters: route.pathParameters }),
    isBase64Encoded: body.byteLength > 0 && !isText,
  })
}

/** HTTP APIs hand the path over decoded. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function joined(entries: readonly (readonly [string, unknown])[]): Record<string, string> {
  const values = entries.filter(([, value]) => value !== undefined)
  return Object.fromEntries(values.map(([name, value]) => [name.toLowerCase(), textsOf(value).join(',')]))
}

function queryOf(query: string): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before},${value}`)
  }
  return Object.fromEntries(values)
}

/** API Gateway gives every claim as a text; lists in square brackets, parted by spaces. */
function claimTexts(claims: JWTPayload): Record<string, string> {
  const text = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(text).join(' ')}]`
    return isRecord(value) ? JSON.stringify(value) : String(value)
  }
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, text(value)]))
}

/** The HTTP answer for what a function returned, given as JSON text. */
export function responseOf(payload: string): HttpAnswer {
  const result: unknown = JSON.parse(payload)
  if (!isRecord(result) || result.statusCode === undefined) {
    const body = typeof result === 'string' ? result : payload
    return { status: 200, headers: { 'content-type': 'application/json' }, body }
  }
  const cookies = textsOf(result.cookies)
  const text = result.body === undefined || result.body === null ? '' : result.body
  if (typeof text !== 'string') return message(500, 'Internal Server Error')
  return {
    status: numberOf(result, 'statusCode', 200),
    headers: {
      'content-type': 'text/plain;charset=utf-8',
      ...joined(Object.entries(recordOf(result.headers))),
      ...(cookies.length === 0 ? {} : { 'set-cookie': [...cookies] }),
    },
    body: result.isBase64Encoded === true ? Buffer.from(text, 'base64') : text,
  }
}

/** An answer of API Gateway itself. */
export function message(status: number, text: string): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ message: text }) }
}
