import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from '../../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../../infra/cli/audit/finding.ts'
import { auditWhileWritten } from '../../../infra/cli/audit/while-written.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { ACCOUNTS, JOURNAL } from './corruptions/of-accounts.ts'
import { LOG } from './corruptions/of-eras.ts'
import { RECORDS } from './corruptions/of-records.ts'
import { SETTLED, STORED } from './corruptions/of-seals.ts'
import { Damaged } from './damage.ts'
import { type Lived, livedThrough } from './lived.ts'

let engine: Engine
let lived: Lived
beforeAll(async () => {
  engine = await startEngine()
  lived = await livedThrough(engine)
}, 120_000)
afterAll(() => engine.stop())

describe('a network through which everything has gone that the books know', () => {
  it('is clean, and was read to the last item', async () => {
    const { findings, read } = await audit(lived.items)
    expect(findings.map(describeFinding)).toEqual([])
    expect(read).toMatchObject({
      items: lived.items.length,
      sealedThrough: 14,
      counted: 40,
      waiting: 2,
      quarantined: { amount: 1 },
      replayed: 1,
      commands: 57,
      accounts: 12,
    })
  })

  it.each([...ACCOUNTS, ...JOURNAL, ...LOG, ...SETTLED, ...RECORDS, ...STORED])(
    '%s is found and said',
    async (_, damage, ...told) => {
      const table = new Damaged(lived.items)
      damage(table, lived)
      const { findings, count } = await audit(table.items)
      const lines = findings.map(describeFinding)
      for (const words of told)
        expect(
          lines.filter((line) => words.test(line)),
          lines.join('\n'),
        ).not.toEqual([])
      expect(count).toBe(findings.length)
    },
  )
})

describe('a table that is written to while it is read', () => {
  /** Readings of the table, each with its own fault: the last is read for as long as one is asked for. */
  async function found(
    ...faults: ((table: Damaged) => void)[]
  ): Promise<[readings: number, lines: string[]]> {
    let readings = 0
    const { findings, count } = await auditWhileWritten(() => {
      const table = new Damaged(lived.items)
      faults[Math.min(readings, faults.length - 1)]?.(table)
      readings += 1
      return table.items
    })
    expect(count).toBe(findings.length)
    return [readings, findings.map(describeFinding)]
  }
  const none = () => undefined
  const rich = (account: string) => (table: Damaged) =>
    table.account(account, (state) => {
      state.available += 1n
    })
  const both = (table: Damaged) => {
    rich('ann')(table)
    rich('bob')(table)
  }

  it('is read once where it is clean, and again until nothing more goes away', async () => {
    expect(await found(none)).toEqual([1, []])
    expect(await found(rich('ann'), none)).toEqual([2, []])
    const [readings, lines] = await found(both, rich('ann'))
    expect(readings).toBe(3)
    expect(lines).toEqual([expect.stringMatching(/^accounts: ann: what it has available/)])
  })

  it('is wrong where every reading finds it so', async () => {
    const [readings, lines] = await found(rich('ann'))
    expect(readings).toBe(2)
    expect(lines).toHaveLength(2)
  })
})
