import fc from 'fast-check'
import * as z from 'zod'
import type { Random } from '../differential/random.ts'

/** The API's own OpenAPI document, as what requests are made by and what answers are held to. */

export interface Schema {
  $ref?: string
  type?: string
  enum?: unknown[]
  const?: unknown
  pattern?: string
  minimum?: number
  maximum?: number
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  additionalProperties?: boolean | Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
}

interface Content {
  schema: Schema
  examples: Record<string, { value: { type?: string } }>
}

/** What a hint says of a name that is to be left out. */
export const OMITTED = Symbol('omitted')

export interface Operation {
  key: string
  parameters: { in: 'path' | 'query' | 'header'; name: string; required?: boolean; schema: Schema }[]
  body: Schema | undefined
  security: { token?: string[] }[]
  responses: Record<string, { content?: Record<string, Content> }>
}

export interface Document {
  operations: readonly Operation[]
  /** A value of a schema. `hint` may say what stands at a name. */
  draw(schema: Schema, random: Random, hint: (name: string) => unknown, name?: string): unknown
  /** What is wrong with a value by a schema of the document, or undefined. */
  fault(schema: Schema, value: unknown): string | undefined
}

type Paths = Record<
  string,
  Record<string, Omit<Operation, 'key' | 'body'> & { requestBody?: { content: Record<string, Content> } }>
>

const JSON_TYPE = 'application/json'

export function readDocument(text: string): Document {
  const json = JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')) as {
    paths: Paths
    components: { schemas: Record<string, Schema> }
  }
  const $defs = json.components.schemas
  const operations = Object.entries(json.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { parameters = [], requestBody, ...rest }]): Operation => ({
        ...rest,
        key: `${method.toUpperCase()} ${path}`,
        parameters,
        body: requestBody?.content[JSON_TYPE]?.schema,
      }),
    ),
  )
  const resolve = (schema: Schema): Schema =>
    schema.$ref ? resolve($defs[schema.$ref.slice(8)] as Schema) : schema
  const validators = new Map<string, z.ZodType>()
  return {
    operations,
    draw: (schema, random, hint, name) => draw(schema, { random, hint, resolve }, name),
    fault(schema, value) {
      // Most schemas only name another: each is made once.
      const name = schema.$ref ?? JSON.stringify(schema)
      let validator = validators.get(name)
      if (!validator) {
        validator = z.fromJSONSchema({ ...schema, $defs } as Parameters<typeof z.fromJSONSchema>[0])
        validators.set(name, validator)
      }
      const read = validator.safeParse(value)
      return read.success ? undefined : z.prettifyError(read.error)
    },
  }
}

interface Drawing {
  random: Random
  hint: (name: string) => unknown
  resolve: (schema: Schema) => Schema
}

function draw(given: Schema, drawing: Drawing, name = ''): unknown {
  const { random, hint, resolve } = drawing
  const schema = resolve(given)
  if (schema.const !== undefined) return schema.const
  const hinted = name === '' ? undefined : hint(name)
  if (hinted !== undefined) return hinted
  if (schema.enum) return random.pick(schema.enum)
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return draw(random.pick(choices), drawing, name)
  switch (schema.type) {
    case 'object':
      return drawObject(schema, drawing)
    case 'array':
      return Array.from({ length: random.int(0, 3) }, () => draw(schema.items ?? {}, drawing))
    case 'integer':
    case 'number': {
      const { minimum: least = 0, maximum: most = 1_000 } = schema
      return random.pick([least, most, random.int(least, Math.min(most, least + 100))])
    }
    case 'boolean':
      return random.chance(0.5)
    case 'string':
      return drawText(schema, random)
    default:
      return random.pick([null, 1, 'x', { a: [1] }])
  }
}

function drawObject({ properties = {}, required = [] }: Schema, drawing: Drawing): unknown {
  const names = Object.keys(properties).filter(
    (name) => required.includes(name) || drawing.random.chance(0.4),
  )
  return Object.fromEntries(
    names
      .map((name) => [name, draw(properties[name] as Schema, drawing, name)] as const)
      .filter(([, value]) => value !== OMITTED),
  )
}

const drawn = new Map<string, string[]>()
const DRAWN = 64

function drawText({ pattern }: Schema, random: Random): string {
  if (pattern === undefined || pattern.includes('\\p{'))
    return random.pick(['x', 'not as ordered', 'für alle'])
  let texts = drawn.get(pattern)
  if (!texts) {
    texts = fc.sample(fc.stringMatching(new RegExp(pattern, 'u')), { seed: 1, numRuns: DRAWN })
    drawn.set(pattern, texts)
  }
  return random.pick(texts)
}
