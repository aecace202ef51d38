import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit } from '../../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../../infra/cli/audit/finding.ts'
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
