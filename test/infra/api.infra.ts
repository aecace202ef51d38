import { App } from 'aws-cdk-lib'
import { describe, expect, it } from 'vitest'
import { config } from '../../infra/config.ts'
import { readPolicyFile } from '../../infra/policy-file.ts'
import { ExchequerStack } from '../../infra/stack.ts'
import { operations } from '../../shared/api/operations.ts'
import { resourcesOf, type Template, targetOf, templateOf } from '../support/deployment.ts'

interface Route {
  key: string
  entry: string
  authorization: string
}

function routesOf(template: Template): Route[] {
  return resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => {
    const integrationId = JSON.stringify(Properties.Target).match(/"Ref":"(\w+)"/)?.[1] ?? ''
    const functionId = targetOf(template.Resources[integrationId]?.Properties.IntegrationUri) ?? ''
    return {
      key: Properties.RouteKey,
      entry: template.Resources[functionId]?.Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME,
      authorization: Properties.AuthorizationType,
    }
  })
}

describe('the API', () => {
  const template = templateOf('prod')
  const routes = routesOf(template)

  it('has a route for every operation of the contract, with a token exactly where it needs a scope', () => {
    const wanted = Object.entries(operations).map(([key, operation]) => ({
      key,
      authorization: 'scope' in operation || 'token' in operation ? 'JWT' : 'NONE',
    }))
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1)
    const found = routes
      .filter(({ key }) => key !== '$default')
      .map(({ key, authorization }) => ({ key, authorization }))
    expect(found.sort(byKey)).toEqual(wanted.sort(byKey))
  })

  it('sends everything else to one answer', () => {
    expect(routes.find(({ key }) => key === '$default')?.entry).toBe('api/not-found')
    expect(Object.fromEntries(routes.map(({ key, entry }) => [key, entry]))).toMatchInlineSnapshot(`
      {
        "$default": "api/not-found",
        "GET /accounts/{account}/balance": "api/accounts",
        "GET /accounts/{account}/entries": "api/accounts",
        "GET /accounts/{account}/payout-preference": "api/payouts",
        "GET /accounts/{account}/payouts": "api/payouts",
        "GET /accounts/{account}/receipt": "api/accounts",
        "GET /accounts/{account}/stakes": "api/accounts",
        "GET /accounts/{account}/statement": "api/accounts",
        "GET /bookings": "api/bookings",
        "GET /bookings/{id}": "api/bookings",
        "GET /eras": "api/eras",
        "GET /eras/current": "api/eras",
        "GET /eras/{n}": "api/eras",
        "GET /inventories/{asset}": "api/payouts",
        "GET /offers": "api/offers",
        "GET /offers/{id}": "api/offers",
        "GET /openapi.json": "api/network",
        "GET /orders": "api/orders",
        "GET /orders/{id}": "api/orders",
        "GET /payouts/{id}": "api/payouts",
        "GET /policy": "api/network",
        "GET /policy/versions/{n}": "api/network",
        "GET /purchases": "api/purchases",
        "GET /purchases/{id}": "api/purchases",
        "GET /quarantine": "api/quarantine",
        "GET /quotes/{id}": "api/bookings",
        "POST /accounts/{account}/payouts": "api/payouts",
        "POST /accounts/{account}/slashes": "api/stakes",
        "POST /accounts/{account}/stakes": "api/stakes",
        "POST /accounts/{account}/stakes/{lot}/unstake": "api/stakes",
        "POST /accounts/{account}/transfers": "api/transfers",
        "POST /bookings/{id}/end": "api/bookings",
        "POST /eras/{n}/decision": "api/decisions",
        "POST /inventories/{asset}/deposits": "api/payouts",
        "POST /orders": "api/orders",
        "POST /orders/{id}/cancel": "api/orders",
        "POST /orders/{id}/dispute": "api/orders",
        "POST /orders/{id}/fulfil": "api/orders",
        "POST /orders/{id}/refund": "api/orders",
        "POST /orders/{id}/resolve": "api/orders",
        "POST /orders/{id}/usage": "api/orders",
        "POST /orders/{id}/uses": "api/orders",
        "POST /payouts/{id}/cancel": "api/payouts",
        "POST /policy/simulations": "api/simulations",
        "POST /quotes": "api/bookings",
        "POST /quotes/{id}/accept": "api/bookings",
        "PUT /accounts/{account}/payout-preference": "api/payouts",
        "PUT /inventories/{asset}": "api/payouts",
        "PUT /offers/{id}": "api/offers",
        "PUT /policy": "api/policy",
      }
    `)
  })

  it('asks for a token on every route to the books where they are not public', () => {
    const closed = { ...config.dev, api: { ...config.dev.api, publicReads: false } }
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
    new ExchequerStack(app, 'Closed', { stage: 'dev', config: closed, policy: readPolicyFile('magnet') })
    const open = routesOf(app.synth().stacks[0]?.template).filter(
      ({ authorization }) => authorization !== 'JWT',
    )
    expect(open.map(({ key }) => key).sort()).toEqual(['$default', 'GET /openapi.json'])
  })

  it('takes issuer and audience from parameters; an issuer is guessed on one machine only', () => {
    const [, authorizer] = resourcesOf(template, 'AWS::ApiGatewayV2::Authorizer')[0] ?? []
    expect(authorizer?.Properties.JwtConfiguration).toEqual({
      Issuer: { Ref: 'JwtIssuer' },
      Audience: [{ Ref: 'JwtAudience' }],
    })
    expect(template.Parameters.JwtIssuer).not.toHaveProperty('Default')
    expect(templateOf('local').Parameters.JwtIssuer).toHaveProperty('Default')
  })

  it('limits its callers and writes a line of JSON for each', () => {
    const [, stage] = resourcesOf(template, 'AWS::ApiGatewayV2::Stage')[0] ?? []
    expect(stage?.Properties.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 500,
      ThrottlingBurstLimit: 1_000,
    })
    expect(JSON.parse(stage?.Properties.AccessLogSettings.Format)).toHaveProperty(
      'requestId',
      '$context.requestId',
    )
  })
})
