import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { expect } from 'vitest'
import { problemResponse } from '../../../shared/api/contracts/problem.ts'
import type { Operation } from '../../../shared/api/operation.ts'
import { operations, type RouteKey } from '../../../shared/api/operations.ts'
import { type Problem, problems } from '../../../shared/api/problems.ts'

/** Calls handlers as the gateway does (payload format 2.0) and reads their answers by the contracts. */

export interface Request {
  path?: Record<string, string>
  query?: Record<string, string>
  headers?: Record<string, string>
  /** Sent as JSON; a text as it is. */
  body?: unknown
  /** Of a token that the gateway has accepted. */
  claims?: Record<string, string>
}

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>

export async function ask(handler: unknown, routeKey: string, request: Request = {}) {
  const { path = {}, query, headers = {}, body, claims } = request
  const rawPath = routeKey.replace(/^\w+ /, '').replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '')
  const event = {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    ...(Object.keys(path).length > 0 && { pathParameters: path }),
    ...(query && { queryStringParameters: query }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    requestContext: {
      http: { method: routeKey.split(' ')[0], path: rawPath },
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2
  const answer = await (handler as Handler)(event, { awsRequestId: 'request-1' } as Context)
  return {
    status: answer.statusCode,
    headers: answer.headers as Record<string, string>,
    text: answer.body ?? '',
  }
}

/** Asks and expects an answer that its own schema accepts. */
export async function read<Key extends RouteKey>(handler: unknown, key: Key, request: Request = {}) {
  const { status, headers, text } = await ask(handler, key, request)
  expect([status, status === 200 ? '' : text]).toEqual([200, ''])
  expect(headers['content-type']).toBe('application/json')
  const { response }: Operation = operations[key]
  const body = JSON.parse(text)
  expect(response.parse(body)).toEqual(body)
  return body
}

/** Asks and expects a problem, of those that the route says it has. */
export async function fail(handler: unknown, key: RouteKey, request: Request = {}): Promise<Problem> {
  const { status, headers, text } = await ask(handler, key, request)
  expect(headers['content-type']).toBe('application/problem+json')
  expect(headers['cache-control']).toBe('no-store')
  const problem = problemResponse.parse(JSON.parse(text))
  expect(problem.status).toBe(status)
  const { problems: described }: Operation = operations[key]
  expect(['Internal', ...described].map((code) => problems[code as keyof typeof problems].type)).toContain(
    problem.type,
  )
  return problem
}

/** Walks a list to its end and gives back every row, in answers of `limit`. */
export async function walk(
  handler: unknown,
  key: RouteKey,
  rows: string,
  limit: number,
  request: Request = {},
) {
  const all: Record<string, unknown>[] = []
  let cursor: string | undefined
  do {
    const query = { ...request.query, limit: String(limit), ...(cursor !== undefined && { cursor }) }
    const body = await read(handler, key, { ...request, query })
    expect(body[rows].length).toBeLessThanOrEqual(limit)
    all.push(...body[rows])
    cursor = body.next
  } while (cursor !== undefined && all.length < 1_000)
  return all
}
