import { describe, expect, it } from 'vitest'
import type { Executions } from '../../../shared/settlement/ports.ts'
import { startNext, type TickDeps } from '../../../shared/settlement/tick.ts'

/** Eras are closed through 4 and sealed through 2; what the name of an execution stands for is told in turn. */
function network(...answers: Awaited<ReturnType<Executions['start']>>[]) {
  const state = { openEra: 5, closedThrough: 4, sealedThrough: 2, policyVersion: 1, shards: 1, partitions: 1 }
  const store = { state: { read: async () => ({ ...state, closedAt: 0 }) } } as unknown as TickDeps['store']
  const asked: string[] = []
  const executions: Executions = {
    async start(name) {
      asked.push(name)
      return answers.shift() ?? 'ended'
    },
  }
  return { asked, start: () => startNext({ store, executions }) }
}

describe('the oldest era that is closed and not sealed', () => {
  it.each([['started'], ['running']] as const)('is settled by one execution: %s', async (answer) => {
    const { asked, start } = network(answer)
    expect(await start()).toEqual({ openEra: 5, closedThrough: 4, sealedThrough: 2 })
    expect(asked).toEqual(['era-3-1'])
  })

  it('is settled by the next attempt where one has ended without its seal', async () => {
    const { asked, start } = network('ended', 'ended', 'started')
    await start()
    expect(asked).toEqual(['era-3-1', 'era-3-2', 'era-3-3'])
  })

  it('is left to a person after ten', async () => {
    const { asked, start } = network()
    await expect(start()).rejects.toMatchObject({ code: 'SettlementStuck' })
    expect(asked).toHaveLength(10)
  })
})
