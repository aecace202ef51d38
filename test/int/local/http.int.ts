import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../../infra/local/host.ts'
import { getAtt, lambda, writeAssembly } from '../../support/local-template.ts'

const HANDLERS = `
export const show = async (event) => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) })
export const missing = async () => ({ statusCode: 404, headers: { 'content-type': 'application/problem+json' }, body: '{"type":"not-found"}' })
export const broken = async () => { throw new Error('broken') }
export const large = async () => 'x'.repeat(3_000_000)
`
const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] })

function route(id: string, RouteKey: string, fn: string, extra: Record<string, unknown> = {}) {
  const path = RouteKey === '$default' ? '' : RouteKey.split(' ')[1]
  return {
    [`${id}Integration`]: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: getAtt(fn),
        PayloadFormatVersion: '2.0',
      },
    },
    [`${id}Permission`]: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: getAtt(fn),
        Principal: 'apigateway.amazonaws.com',
        SourceArn: join(
          'arn:aws:execute-api:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':',
          { Ref: 'Api' },
          `/*/*${path}`,
        ),
      },
    },
    [id]: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey,
        Target: join('integrations/', { Ref: `${id}Integration` }),
        AuthorizationType: 'NONE',
        ...extra,
      },
    },
  }
}
const jwt = { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Authorizer' } }

const TEMPLATE = {
  Parameters: { JwtIssuer: { Type: 'String' } },
  Resources: {
    Api: {
      Type: 'AWS::ApiGatewayV2::Api',
      Properties: {
        ProtocolType: 'HTTP',
        Name: 'api',
        CorsConfiguration: {
          AllowOrigins: ['https://app.example'],
          AllowMethods: ['GET', 'POST'],
          AllowHeaders: ['authorization'],
          MaxAge: 60,
        },
      },
    },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
    },
    Authorizer: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId: { Ref: 'Api' },
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Issuer: { Ref: 'JwtIssuer' }, Audience: ['exchequer'] },
      },
    },
    ...lambda('Show', 'api', [], {}, 'show'),
    ...lambda('Missing', 'api', [], {}, 'missing'),
    ...lambda('Broken', 'api', [], {}, 'broken'),
    ...lambda('Large', 'api', [], {}, 'large'),
    ...route('Balance', 'GET /accounts/{account}/balance', 'Show'),
    ...route('Me', 'GET /accounts/me/balance', 'Show'),
    ...route('Stake', 'POST /accounts/{account}/stakes', 'Show', jwt),
    ...route('Policy', 'PUT /policy', 'Show', { ...jwt, AuthorizationScopes: ['policy.write', 'admin'] }),
    ...route('Files', 'ANY /files/{proxy+}', 'Show'),
    ...route('Boom', 'GET /broken', 'Broken'),
    ...route('Big', 'GET /large', 'Large'),
    ...route('Default', '$default', 'Missing'),
  },
  Outputs: {
    Url: {
      Value: join(
        'https://',
        { Ref: 'Api' },
        '.execute-api.',
        { Ref: 'AWS::Region' },
        '.',
        { Ref: 'AWS::URLSuffix' },
        '/',
      ),
    },
  },
}

describe('HTTP API', () => {
  let host: Host
  beforeAll(async () => {
    host = await startHost({ outdir: writeAssembly(TEMPLATE, { api: HANDLERS }), port: 0, print: () => {} })
  })
  afterAll(() => host.close())

  const call = (path: string, init: RequestInit = {}) => fetch(`${host.url}${path}`, init)
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer, it checks
  const json = async (answer: Response): Promise<any> => answer.json()
  const event = async (path: string, init: RequestInit = {}) => json(await call(path, init))
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

  it('has its address among the outputs', () => {
    expect(host.outputs.Url).toBe(`${host.url}/`)
  })

  it.each([
    ['/accounts/0xab%2Fcd/balance?at=1', 'GET /accounts/{account}/balance', { account: '0xab/cd' }],
    ['/accounts/%40pool/balance', 'GET /accounts/{account}/balance', { account: '@pool' }],
    ['/accounts/me/balance', 'GET /accounts/me/balance', undefined],
    ['/files/a/b%20c', 'ANY /files/{proxy+}', { proxy: 'a/b c' }],
  ])('%s goes to %s', async (path, routeKey, pathParameters) => {
    expect(await event(path)).toMatchObject({
      routeKey,
      requestContext: { routeKey, http: { method: 'GET' } },
      ...(pathParameters === undefined ? {} : { pathParameters }),
    })
  })

  it('passes method, body and headers', async () => {
    const answer = await event('/files/x', {
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/json', 'Idempotency-Key': 'k' },
    })
    expect(answer).toMatchObject({
      body: '{"a":1}',
      isBase64Encoded: false,
      headers: { 'idempotency-key': 'k' },
    })
  })

  it('hands what no route takes to $default', async () => {
    const answer = await call('/nowhere')
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
  })

  it('answers 500 for a function that throws', async () => {
    const answer = await call('/broken')
    expect([answer.status, await answer.json()]).toEqual([500, { message: 'Internal Server Error' }])
  })

  it('carries large answers', async () => {
    expect((await (await call('/large')).text()).length).toBe(3_000_000)
  })

  it('answers 401 without a token, or with a bad one', async () => {
    const post = (headers: Record<string, string>) => call('/accounts/a/stakes', { method: 'POST', headers })
    const other = await host.signToken({ aud: 'somebody-else' })
    const old = await host.signToken({}, -10)
    const forged = await new SignJWT({ iss: `${host.url}/issuer`, aud: 'exchequer' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('x'.repeat(32)))
    for (const headers of [{}, bearer(''), bearer('x.y.z'), bearer(other), bearer(old), bearer(forged)]) {
      const answer = await post(headers)
      expect([answer.status, await answer.json()]).toEqual([401, { message: 'Unauthorized' }])
    }
  })

  it('lets a token pass, with its claims as texts', async () => {
    const token = await host.signToken({ account: 'alice', level: 3 })
    const { requestContext } = await event('/accounts/alice/stakes', {
      method: 'POST',
      headers: bearer(token),
    })
    expect(requestContext.authorizer.jwt).toMatchObject({
      scopes: null,
      claims: { account: 'alice', level: '3', aud: 'exchequer', iss: `${host.url}/issuer` },
    })
  })

  it('answers 403 for a missing scope', async () => {
    const put = async (scope: string) =>
      call('/policy', { method: 'PUT', headers: bearer(await host.signToken({ scope })) })
    const refused = await put('policy.read')
    expect([refused.status, await refused.json()]).toEqual([403, { message: 'Forbidden' }])
    const { requestContext } = await json(await put('x policy.write'))
    expect(requestContext.authorizer.jwt.scopes).toEqual(['policy.write'])
  })

  it('gives out tokens and keys as an issuer', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ account: 'bob', scope: 'admin', expiresIn: 60 })
    const token = await event('/issuer/token', { method: 'POST', headers, body })
    expect(token).toMatchObject({ token_type: 'Bearer', expires_in: 60 })
    const { requestContext } = await event('/policy', { method: 'PUT', headers: bearer(token.access_token) })
    expect(requestContext.authorizer.jwt.claims).toMatchObject({ account: 'bob', sub: 'bob', scope: 'admin' })
    const { jwks_uri } = await event('/issuer/.well-known/openid-configuration')
    const { keys } = await json(await fetch(jwks_uri))
    expect(keys).toMatchObject([{ kty: 'RSA', alg: 'RS256', kid: 'local' }])
    expect(keys[0]).not.toHaveProperty('d')
    expect((await call('/issuer/token', { method: 'POST', body })).status).toBe(415)
  })

  it('follows its CORS rules', async () => {
    const origin = 'https://app.example'
    const asked = { origin, 'access-control-request-method': 'POST' }
    const preflight = await call('/policy', { method: 'OPTIONS', headers: asked })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET,POST')
    const answer = await call('/accounts/a/balance', { headers: { origin } })
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
    const foreign = await call('/accounts/a/balance', { headers: { origin: 'https://evil.example' } })
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull()
  })
})
