import { MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { metrics } from '../../../functions/middleware/observe.ts'
import { step } from '../../../functions/middleware/step.ts'
import { InvariantError } from '../../../shared/domain/errors.ts'

const context = { functionName: 'seal', awsRequestId: 'r', getRemainingTimeInMillis: () => 1_000 } as Context
const ofEra = z.object({ era: z.int().nonnegative() })

let printed: string[]

beforeEach(() => {
  printed = []
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => printed.push(String(text)) > 0)
  }
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((...values: unknown[]) => {
      printed.push(values.map(String).join(' '))
    })
  }
})

afterEach(() => vi.restoreAllMocks())

describe('a step', () => {
  it('hands what it has parsed to the use case, and answers with plain JSON', async () => {
    const handler = step(ofEra, async ({ era }, { functionName }) => ({ era: era + 1, functionName }))
    expect(await handler({ era: 6, shards: [] }, context)).toEqual({ era: 7, functionName: 'seal' })
  })

  it('refuses an input that is none by rule and value, before the use case', async () => {
    const useCase = vi.fn()
    const handler = step(ofEra, useCase)
    for (const input of [{ era: -1 }, { era: '7' }, {}, null]) {
      await expect(handler(input, context)).rejects.toMatchObject({ name: 'InvalidInput' })
    }
    expect(useCase).not.toHaveBeenCalled()
  })

  it('lets the error through under its code, which is what the state machine decides by, and writes it down', async () => {
    const handler = step(ofEra, () => Promise.reject(new InvariantError('the sum of statements is the plan')))
    const failure = await handler({ era: 7 }, context).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'InvariantBroken', message: 'the sum of statements is the plan' })
    expect(printed.join('\n')).toContain('the sum of statements is the plan')
  })

  it('sends what it has counted, also when it fails', async () => {
    const handler = step(ofEra, async () => {
      metrics.addMetric('EventsQuarantined', MetricUnit.Count, 3)
      throw new Error('broken')
    })
    await expect(handler({ era: 7 }, context)).rejects.toThrow('broken')
    expect(printed.some((line) => line.includes('"EventsQuarantined":3'))).toBe(true)
    expect(metrics.hasStoredMetrics()).toBe(false)
  })
})
