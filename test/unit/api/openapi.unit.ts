import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { problemResponse } from '../../../shared/api/contracts/problem.ts'
import { readOpenApi } from '../../../shared/api/openapi.ts'
import type { Operation } from '../../../shared/api/operation.ts'
import { operations } from '../../../shared/api/operations.ts'

interface Described {
  operationId: string
  security: Record<string, string[]>[]
  parameters?: { name: string; in: string; required?: boolean }[]
  requestBody?: { content: Record<string, { examples: Record<string, { value: unknown }> }> }
  responses: Record<
    string,
    { content: Record<string, { schema: object; examples: Record<string, { value: unknown }> }> }
  >
}

const document = readOpenApi()
const paths = document.paths as Record<string, Record<string, Described>>
const routes = Object.entries<Operation>(operations)

/** A route as the document describes it. */
function described(key: string): Described | undefined {
  const [method = '', path = ''] = key.split(' ')
  return paths[path]?.[method.toLowerCase()]
}

const all = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    key: `${method.toUpperCase()} ${path}`,
    operation,
  })),
)

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const { valid, errors } = await validator.validate(structuredClone(document))
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
    expect(validator.version).toBe('3.1')
  })

  it('resolves each of its references', async () => {
    const validator = new Validator()
    await validator.validate(structuredClone(document))
    expect(() => validator.resolveRefs()).not.toThrow()
  })

  it('lists every route and no other', () => {
    expect(all.map(({ key }) => key).sort()).toEqual(routes.map(([key]) => key).sort())
  })

  it.each(routes)('describes every parameter of %s', (key, { path, query }) => {
    const parameters = described(key)?.parameters ?? []
    const names = (schema: z.ZodObject) => Object.keys(schema.shape)
    expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
      names(path),
    )
    expect(parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)).toEqual(
      names(query),
    )
    expect(names(path)).toEqual([...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  })

  it.each(routes)(
    'shows an example of the answer of %s that its schema accepts',
    (key, { response, example }) => {
      expect(response.parse(example)).toEqual(example)
      const answer = described(key)?.responses[200]
      expect(answer?.content['application/json']?.examples.answer?.value).toEqual(example)
    },
  )

  it.each(routes)('shows a body of %s that its schema accepts, where it takes one', (key, { body }) => {
    const shown = described(key)?.requestBody?.content['application/json']?.examples.request?.value
    expect(shown).toEqual(body?.example)
    if (body) expect(body.schema.parse(body.example)).toEqual(body.example)
  })

  it.each(routes)('shows every problem of %s as problem+json', (key) => {
    for (const [status, { content }] of Object.entries(described(key)?.responses ?? {})) {
      if (status < '400') continue
      for (const { value } of Object.values(content['application/problem+json']?.examples ?? {})) {
        expect(problemResponse.parse(value).status).toBe(Number(status))
      }
    }
  })

  it('asks for a scope where only some may, and for any token where it depends on whose it is', () => {
    const scoped = all.filter(({ operation }) =>
      operation.security.some(({ token = [] }) => token.length > 0),
    )
    expect(Object.fromEntries(scoped.map(({ key, operation }) => [key, operation.security]))).toEqual({
      'POST /accounts/{account}/slashes': [{ token: ['stakes:slash'] }],
      'POST /orders/{id}/resolve': [{ token: ['orders:resolve'] }],
      'PUT /inventories/{asset}': [{ token: ['payouts:operate'] }],
      'POST /inventories/{asset}/deposits': [{ token: ['payouts:operate'] }],
      'POST /eras/{n}/decision': [{ token: ['network:operate'] }],
      'PUT /policy': [{ token: ['policy:write'] }],
      'POST /policy/simulations': [{ token: ['policy:write'] }],
      'GET /quarantine': [{ token: ['quarantine:read'] }],
    })
    for (const { key, operation } of all) {
      if (!key.startsWith('GET')) expect([key, operation.security.length]).toEqual([key, 1])
    }
  })

  it('takes a key wherever accounts change something, and says what a key that was used means', () => {
    const keyed = routes.filter(([, { keyed }]) => keyed)
    const posts = routes.filter(([key]) =>
      /^POST \/(accounts|quotes|bookings|orders|payouts|inventories)/.test(key),
    )
    expect(keyed.map(([key]) => key).sort()).toEqual(posts.map(([key]) => key).sort())
    const puts = routes.filter(([, { mayBeKeyed }]) => mayBeKeyed)
    expect(puts.map(([key]) => key).sort()).toEqual([
      'PUT /accounts/{account}/payout-preference',
      'PUT /inventories/{asset}',
      'PUT /offers/{id}',
    ])
    const needed = (key: string) =>
      described(key)
        ?.parameters?.filter((parameter) => parameter.in === 'header')
        .map(({ name, required }) => [name, required])
    for (const [key] of keyed) expect([key, needed(key)]).toEqual([key, [['Idempotency-Key', true]]])
    for (const [key] of puts) expect([key, needed(key)]).toEqual([key, [['Idempotency-Key', undefined]]])
    for (const [key, { problems }] of [...keyed, ...puts])
      expect([
        key,
        ['KeyNeeded', 'KeyReused', 'InFlight'].filter((code) => !problems.includes(code as never)),
      ]).toEqual([key, []])
  })

  it('names each operation once', () => {
    const ids = all.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
