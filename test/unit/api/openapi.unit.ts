import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { readOpenApi } from '../../../shared/api/openapi.ts'
import { type Operation, operations } from '../../../shared/api/operations.ts'
import { problemResponse } from '../../../shared/api/problems.ts'

interface Described {
  operationId: string
  security: Record<string, string[]>[]
  parameters?: { name: string; in: string }[]
  responses: Record<
    string,
    { content: Record<string, { schema: object; examples: Record<string, { value: unknown }> }> }
  >
}

const document = readOpenApi()
const paths = document.paths as Record<string, { get: Described }>
const routes = Object.entries<Operation>(operations)

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
    expect(Object.keys(paths).map((path) => `GET ${path}`)).toEqual(routes.map(([key]) => key))
  })

  it.each(routes)('describes every parameter of %s', (key, { path, query }) => {
    const described = paths[key.slice(4)]?.get.parameters ?? []
    const names = (schema: z.ZodObject) => Object.keys(schema.shape)
    expect(described.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
      names(path),
    )
    expect(described.filter((parameter) => parameter.in === 'query').map(({ name }) => name)).toEqual(
      names(query),
    )
    expect(names(path)).toEqual([...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
  })

  it.each(routes)(
    'shows an example of the answer of %s that its schema accepts',
    (key, { response, example }) => {
      expect(response.parse(example)).toEqual(example)
      const answer = paths[key.slice(4)]?.get.responses[200]
      expect(answer?.content['application/json']?.examples.answer?.value).toEqual(example)
    },
  )

  it.each(routes)('shows every problem of %s as problem+json', (key) => {
    for (const [status, { content }] of Object.entries(paths[key.slice(4)]?.get.responses ?? {})) {
      if (status < '400') continue
      for (const { value } of Object.values(content['application/problem+json']?.examples ?? {})) {
        expect(problemResponse.parse(value).status).toBe(Number(status))
      }
    }
  })

  it('asks for a token where a scope is needed, and only there', () => {
    const secured = Object.entries(paths).filter(([, { get }]) => get.security.length > 0)
    expect(secured.map(([path, { get }]) => [path, get.security])).toEqual([
      ['/quarantine', [{ token: ['quarantine:read'] }]],
    ])
  })

  it('names each operation once', () => {
    const ids = Object.values(paths).map(({ get }) => get.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})
