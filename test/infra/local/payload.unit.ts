import { describe, expect, it } from 'vitest'
import { type HttpRequest, requestEvent, responseOf } from '../../../infra/local/api/payload.ts'

const request = (over: Partial<HttpRequest>): HttpRequest => ({
  method: 'GET',
  target: '/',
  headers: { host: '127.0.0.1:4610' },
  body: Buffer.alloc(0),
  sourceIp: '127.0.0.1',
  ...over,
})
const eventOf = (
  over: Partial<HttpRequest>,
  jwt?: { claims: Record<string, unknown>; scopes: string[] | null },
) => JSON.parse(requestEvent(request(over), { routeKey: 'GET /a', pathParameters: {}, jwt }, '0', 'api'))

describe('payload 2.0', () => {
  it('gives path and query decoded, headers in lower case, cookies apart', () => {
    const event = eventOf({
      target: '/accounts/%40pool?tag=a&tag=b%20c&x=',
      headers: { host: 'localhost', cookie: 'a=1; b=2', 'x-two': 'v' },
    })
    expect(event).toMatchObject({
      version: '2.0',
      rawPath: '/accounts/@pool',
      rawQueryString: 'tag=a&tag=b%20c&x=',
      queryStringParameters: { tag: 'a,b c', x: '' },
      cookies: ['a=1', 'b=2'],
      headers: { host: 'localhost', 'x-two': 'v' },
      isBase64Encoded: false,
    })
    expect(event).not.toHaveProperty('body')
    expect(event.headers).not.toHaveProperty('cookie')
  })

  it('gives every claim as a text', () => {
    const { requestContext } = eventOf(
      {},
      { claims: { exp: 17, admin: true, groups: ['a', 'b'], sub: 'x' }, scopes: ['s'] },
    )
    expect(requestContext.authorizer.jwt).toEqual({
      claims: { exp: '17', admin: 'true', groups: '[a b]', sub: 'x' },
      scopes: ['s'],
    })
  })

  it('encodes a body that is not text', () => {
    const body = Buffer.from([1, 2, 255])
    const headers = { 'content-type': 'application/octet-stream' }
    expect(eventOf({ body, headers })).toMatchObject({ body: 'AQL/', isBase64Encoded: true })
    const text = { 'content-type': 'application/problem+json' }
    expect(eventOf({ body: Buffer.from('{}'), headers: text })).toMatchObject({
      body: '{}',
      isBase64Encoded: false,
    })
  })

  it('reads an answer with a status', () => {
    const answer = responseOf(
      JSON.stringify({
        statusCode: 201,
        headers: { 'X-A': 1 },
        body: 'aGk=',
        isBase64Encoded: true,
        cookies: ['a=1'],
      }),
    )
    expect(answer.status).toBe(201)
    expect(answer.headers).toMatchObject({ 'x-a': '1', 'set-cookie': ['a=1'] })
    expect(answer.body.toString()).toBe('hi')
  })

  it.each([
    ['"text"', 'text'],
    ['{"a":1}', '{"a":1}'],
    ['null', 'null'],
  ])('takes an answer without a status for a body: %s', (payload, body) => {
    expect(responseOf(payload)).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body,
    })
  })
})
