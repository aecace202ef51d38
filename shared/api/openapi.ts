import type * as z from 'zod'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi'
import type { openApiResponse } from './contracts/network.ts'
import { problemResponse } from './contracts/problem.ts'
import type { Operation } from './operation.ts'
import { operations } from './operations.ts'
import { type ProblemCode, problems } from './problems.ts'
import { idempotencyHeader } from './request.ts'

let document: z.output<typeof openApiResponse> | undefined

/** The OpenAPI 3.1 document of every route, made from the contracts once per function instance. */
export function readOpenApi(): z.output<typeof openApiResponse> {
  document ??= makeDocument() as unknown as z.output<typeof openApiResponse>
  return document
}

function makeDocument() {
  const paths: ZodOpenApiPathsObject = {}
  for (const [key, operation] of Object.entries(operations)) {
    const [method, path] = key.split(' ') as [string, string]
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'Exchequer',
      version: '1.0.0',
      summary: 'Balances, statements, eras and proofs of a settled network.',
      description:
        'Amounts are base units as decimal strings, with their asset. Errors are problem details (RFC 9457) with stable types. ' +
        'Lists go on with the cursor that an answer gives as `next`. Where a deployment keeps its books private, every read needs a token.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'Scopes are in the claim `scope`, separated by spaces.',
        },
      },
    },
  })
}

function describe(operation: Operation): ZodOpenApiOperationObject {
  const { id, summary, description, path, query, body, response, example, scope, token } = operation
  const { keyed, mayBeKeyed } = operation
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    requestParams: {
      path,
      query,
      ...(keyed && { header: idempotencyHeader }),
      ...(mayBeKeyed && { header: idempotencyHeader.partial() }),
    },
    ...(body && {
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: body.schema, examples: { request: { value: body.example } } },
        },
      },
    }),
    responses: {
      200: {
        description: summary,
        content: { 'application/json': { schema: response, examples: { answer: { value: example } } } },
      },
      ...(operation.caching !== 'never' && { 304: { description: 'As the tag in `If-None-Match` says' } }),
      ...describeProblems(['Internal', ...operation.problems]),
    } as ZodOpenApiResponsesObject,
    security: scope === undefined ? (token ? [{ token: [] }] : []) : [{ token: [scope] }],
  }
}

/** Problems by status: one status may have several, told apart by `type`. */
function describeProblems(codes: readonly ProblemCode[]): Record<string, unknown> {
  const byStatus: Record<string, ProblemCode[]> = {}
  for (const code of codes) {
    byStatus[problems[code].status] ??= []
    byStatus[problems[code].status]?.push(code)
  }
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes]) => [
      status,
      {
        description: codes.map((code) => problems[code].title).join('; '),
        content: { 'application/problem+json': { schema: problemResponse, examples: examplesOf(codes) } },
      },
    ]),
  )
}

function examplesOf(codes: ProblemCode[]) {
  return Object.fromEntries(
    codes.map((code) => [
      code,
      { value: { ...problems[code], detail: `${problems[code].title}: got "..."`, instance: '/...' } },
    ]),
  )
}
