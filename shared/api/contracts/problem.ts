import * as z from 'zod'
import { type Problem, problems } from '../problems.ts'

export const problemResponse = z
  .strictObject({
    type: z
      .enum(Object.values(problems).map(({ type }) => type))
      .meta({ description: 'Stable name of the problem.' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'The rule, and the value that breaks it.' }),
    instance: z
      .string()
      .meta({ description: 'The path that was asked for.', example: '/accounts/nobody/balance' }),
    issues: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Of a policy: every path in it that breaks a rule, with the rule.' }),
    requestId: z.string().optional().meta({ description: 'What finds the failure in the logs.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' }) satisfies z.ZodType<Problem>
