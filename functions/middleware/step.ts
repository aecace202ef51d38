import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type * as z from 'zod'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { observe } from './observe.ts'

/**
 * A function that another part of the system calls with plain JSON: a task of the state machine, the schedule,
 * an operator. Parses the input, then runs one use case. Whatever is thrown reaches the caller under its own
 * `name`, which for the product's errors is their code; the state machine decides by it what to retry.
 */
export function step<Input, Output>(
  schema: z.ZodType<Input>,
  run: (input: Input, context: Context) => Promise<Output>,
) {
  return middy<unknown, Output>()
    .use(observe())
    .handler((event: unknown, context: Context) => run(parseInput(schema, event), context))
}

function parseInput<Input>(schema: z.ZodType<Input>, event: unknown): Input {
  const read = schema.safeParse(event)
  if (read.success) return read.data
  const issues = read.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
  throw new ExchequerError('InvalidInput', issues.join('; '), { cause: read.error })
}
