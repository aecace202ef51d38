import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { problemResponse } from '../../shared/api/contracts/problem.ts'
import { everyTokenRequest } from '../support/every-route.ts'
import { policyJson } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'

/** What comes through the gateway from those who mean no good: tokens, bodies, paths and connections. */

let service: Service
beforeAll(async () => {
  service = await startService(policyJson())
}, 120_000)
afterAll(() => service?.close())

const routes = Object.entries(everyTokenRequest({} as never, {}))
const pathOf = (key: string) =>
  (key.split(' ')[1] as string).replaceAll(/\{n\}/g, '0').replaceAll(/\{\w+\}/g, 'ann')
const post = (path: string, init: RequestInit = {}) =>
  fetch(`${service.host.url}${path}`, {
    method: 'POST',
    body: '{"to":"bob","amount":"1"}',
    ...init,
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k', ...init.headers },
  })
const own = async () => ({ authorization: `Bearer ${await service.host.signToken({ account: 'ann' })}` })

describe('tokens that are not to be believed', () => {
  const claims: JWTPayload = { account: 'ann', sub: 'ann', scope: 'accounts:write' }
  const { privateKey: foreign } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const hour = 3_600

  async function tokens(): Promise<Record<string, string>> {
    const { host } = service
    const genuine = await host.signToken(claims)
    const { iss, aud } = JSON.parse(Buffer.from(genuine.split('.')[1] ?? '', 'base64url').toString())
    const { keys } = (await (await fetch(`${iss}/.well-known/jwks.json`)).json()) as { keys: { n: string }[] }
    const now = Math.floor(Date.now() / 1_000)
    const of = (more: JWTPayload) => ({ ...claims, iss, aud, iat: now, exp: now + hour, ...more })
    const signed = (more: JWTPayload, alg = 'RS256', key: Parameters<SignJWT['sign']>[0] = foreign) =>
      new SignJWT(of(more)).setProtectedHeader({ alg, kid: 'local' }).sign(key)
    const [head, , signature] = genuine.split('.')
    const other = Buffer.from(JSON.stringify(of({ account: 'bob' }))).toString('base64url')
    return {
      'of another issuer': await host.signToken({ ...claims, iss: 'https://issuer.example' }),
      'for another audience': await host.signToken({ ...claims, aud: 'somebody-else' }),
      'for no audience': await host.signToken({ ...claims, aud: [] }),
      'of another key': await signed({}),
      'of no algorithm': new UnsecuredJWT(of({})).encode(),
      'of the public key as a secret': await signed({}, 'HS256', Buffer.from(keys[0]?.n ?? '')),
      'of another algorithm': await signed({}, 'PS256'),
      'that has expired': await host.signToken(claims, -1),
      'that is not valid yet': await host.signToken({ ...claims, nbf: now + hour }),
      'whose claims were changed': `${head}.${other}.${signature}`,
      'without its signature': genuine.replace(/[^.]*$/, ''),
      'that is no token': 'x.y.z',
      'that is nothing': '',
    }
  }

  it.each(routes)('%s', async (key) => {
    const [method = ''] = key.split(' ')
    const bad = Object.entries(await tokens()).map(([name, token]) => [name, `Bearer ${token}`] as const)
    for (const [name, authorization] of [...bad, ['a password', 'Basic YW5uOnB3'] as const]) {
      const answer = await post(pathOf(key), {
        method,
        headers: { authorization },
        ...(method === 'GET' && { body: null }),
      })
      expect([name, answer.status]).toEqual([name, 401])
    }
  })

  it('leave no trace', async () => {
    expect((await service.get('/accounts/ann/entries')).status).toBe(404)
  })
})

async function problemOf(answer: Response): Promise<string> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const { type, status } = problemResponse.parse(await answer.json())
  expect(status).toBe(answer.status)
  return `${status} ${type.split(':').at(-1)}`
}

describe('bodies and paths', () => {
  const TRANSFERS = '/accounts/ann/transfers'

  it.each<[string, string | Uint8Array, string, string]>([
    ['of 300 kB', `{"a":"${'x'.repeat(300_000)}"}`, 'application/json', '413 body-too-large'],
    ['nested without end', '['.repeat(200_000), 'application/json', '400 invalid-body'],
    ['that is a form', 'to=bob&amount=1', 'application/x-www-form-urlencoded', '400 invalid-body'],
    ['that is XML', '<a/>', 'text/xml', '400 invalid-body'],
    ['of bytes that are no text', randomBytes(64), 'application/octet-stream', '400 invalid-body'],
    [
      'of UTF-16',
      Buffer.from('{"to":"bob"}', 'utf16le'),
      'application/json; charset=utf-16',
      '400 invalid-body',
    ],
    ['without a type', '{"to":"bob","amount":"1"}', '', '409 not-enough'],
    ['that only says it is binary', '{"to":"bob","amount":"1"}', 'image/png', '409 not-enough'],
  ])('a body %s', async (_name, body, type, problem) => {
    const headers = { ...(await own()), 'content-type': type, 'idempotency-key': crypto.randomUUID() }
    expect(await problemOf(await post(TRANSFERS, { body: body as string, headers }))).toBe(problem)
  })

  it('a body of 11 MB stops at the gateway, and one of 21 MB at the door', async () => {
    const headers = await own()
    for (const size of [11, 21]) {
      const answer = await post(TRANSFERS, { body: 'x'.repeat(size * 1024 * 1024), headers })
      expect(answer.status).toBe(413)
      await answer.arrayBuffer()
    }
  })

  it.each([
    ['/accounts/ann%2F..%2F..%2Fpolicy/balance', '400 invalid-parameter'],
    ['/accounts/%00/balance', '400 invalid-parameter'],
    ['/accounts/%ED%A0%80/balance', '404 unknown-route'],
    ['/accounts/%/balance', '404 unknown-route'],
    ['/accounts//balance', '400 invalid-parameter'],
    ['//accounts/ann/balance', '404 unknown-route'],
    ['/accounts/../accounts/ann/balance/', '404 unknown-route'],
    [`/accounts/${'a'.repeat(4_000)}/balance`, '400 invalid-parameter'],
    [`/accounts/${'a'.repeat(9_000)}/balance`, '404 unknown-route'],
    ['/accounts/ann/balance?__proto__=x', '400 invalid-parameter'],
    ['/accounts/ann/entries?limit=1&limit=2', '400 invalid-parameter'],
    ['/accounts/__proto__/balance', '404 unknown-account'],
    ['/ACCOUNTS/ann/balance', '404 unknown-route'],
  ])('GET %s', async (path, problem) => {
    const socket = await open()
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)
    const text = await allOf(socket)
    const body = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
    const { type, status } = problemResponse.parse(JSON.parse(body))
    expect(`${status} ${type.split(':').at(-1)}`).toBe(problem)
  })
})

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(service.host.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function allOf(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  // Who is refused while still sending may find the line cut.
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

describe('clients that never finish', () => {
  const head = (length: number) =>
    `POST /accounts/ann/transfers HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${length}\r\n`

  it('slow ones and those that hang up hold up nobody else', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, open))
    slow.forEach((socket, n) => {
      // Half a header, half a body, and a body that comes byte by byte.
      socket.write(n % 3 === 0 ? head(9).slice(0, 40) : `${head(1_000)}\r\n{"to":`)
    })
    const drip = setInterval(() => {
      for (const socket of slow) if (!socket.destroyed) socket.write('x')
    }, 50)
    const began = performance.now()
    for (let n = 0; n < 20; n += 1) expect((await service.get('/policy')).status).toBe(200)
    expect(performance.now() - began).toBeLessThan(10_000)
    clearInterval(drip)
    for (const socket of slow) socket.destroy()

    const headers = await own()
    const gone = Array.from({ length: 50 }, async (_, n) => {
      const signal = AbortSignal.timeout(1 + n)
      return post('/accounts/ann/transfers', {
        headers: { ...headers, 'idempotency-key': `gone-${n}` },
        signal,
      }).then(
        (answer) => answer.arrayBuffer(),
        () => undefined,
      )
    })
    await Promise.all(gone)
    await sleep(100)
    expect((await service.get('/policy')).status).toBe(200)
    expect(service.host.recentLogs().filter((line) => /"level":"ERROR"|Unhandled/.test(line))).toEqual([])
  })

  it.each([
    ['no HTTP at all', `${randomBytes(64).toString('latin1')}\r\n\r\n`],
    ['two lengths', `${head(5)}Content-Length: 6\r\n\r\nabcdef`],
    ['a length and chunks', `${head(5)}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['a negative length', `${head(-1)}\r\n`],
    ['headers of 100 kB', `${head(0)}X-Long: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['a header in a value', `${head(0)}X-A: b\rInjected: c\r\n\r\n`],
  ])('%s is refused before anybody looks at it', async (_name, bytes) => {
    const socket = await open()
    socket.write(bytes, 'latin1')
    expect(await allOf(socket)).toMatch(/^(HTTP\/1\.1 4\d\d |$)/)
    expect((await service.get('/policy')).status).toBe(200)
  })
})
