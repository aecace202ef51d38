import { describe, expect, it } from 'vitest'
import { watchSettling } from '../../../infra/cli/start/settling.ts'

const invocation = (functionName: string) => ({ type: 'invocation', functionName, durationMs: 1 }) as const
const execution = (name: string, status: string, cause?: string) =>
  ({ type: 'execution', name, status, ...(cause !== undefined && { cause }) }) as const

describe('progress of the state machine', () => {
  it('names era and step, and how often the step was done', () => {
    const settling = watchSettling()
    expect(settling.describe()).toBe('era 0: starting')
    settling.onEvent(execution('era-4-1', 'RUNNING'))
    settling.onEvent(invocation('exchequer-magnet-local-SettlementCloseFunction1'))
    expect(settling.describe()).toBe('era 4: closed, waiting for what is still on its way')
    settling.onEvent(invocation('exchequer-magnet-local-SettlementFoldFunction1'))
    settling.onEvent(invocation('exchequer-magnet-local-IntakeIngestFunction1'))
    settling.onEvent(invocation('exchequer-magnet-local-SettlementFoldFunction1'))
    expect(settling.describe()).toBe('era 4: fold (2 done)')
    settling.onEvent(execution('era-5-1', 'RUNNING'))
    expect(settling.describe()).toBe('era 5: starting')
  })

  it('tells why an execution failed in one line', () => {
    const settling = watchSettling()
    settling.onEvent(execution('era-0-1', 'SUCCEEDED'))
    expect(settling.failure()).toBeUndefined()
    settling.onEvent(
      execution(
        'era-1-1',
        'FAILED',
        'InvariantBroken: {"errorType":"InvariantBroken","errorMessage":"a pays 5, b says 4","trace":["x"]}',
      ),
    )
    expect(settling.failure()).toBe('era-1-1: InvariantBroken: a pays 5, b says 4')
  })

  it('is not that of the state machine that pays out', () => {
    const settling = watchSettling()
    settling.onEvent(execution('era-3-1', 'RUNNING'))
    settling.onEvent(invocation('exchequer-magnet-local-SettlementFoldFunction1'))
    settling.onEvent(execution('4c1f7d0e-5a68-4a53-9a83-2f1c6f7f9f11', 'RUNNING'))
    settling.onEvent(execution('4c1f7d0e-5a68-4a53-9a83-2f1c6f7f9f11', 'FAILED', 'PayoutsNotDone'))
    expect([settling.describe(), settling.failure()]).toEqual(['era 3: fold', undefined])
  })

  it.each([
    [undefined, 'era-1-1: it gives no cause'],
    ['stopped by hand', 'era-1-1: stopped by hand'],
    ['{"errorMessage":"late"}', 'era-1-1: late'],
    ['{broken}', 'era-1-1: {broken}'],
  ])('makes of the cause %j: %s', (cause, expected) => {
    const settling = watchSettling()
    settling.onEvent(execution('era-1-1', 'ABORTED', cause))
    expect(settling.failure()).toBe(expected)
  })
})
