import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

/** The command as a person runs it. */

const ROOT = join(import.meta.dirname, '../../..')
const directory = mkdtempSync(join(tmpdir(), 'simulate-'))
afterAll(() => rmSync(directory, { recursive: true }))

function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'infra/cli/simulate.ts'), ...args])
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, out, err }))
  })
}

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const magnet = JSON.parse(readFileSync(join(ROOT, 'shared/policies/magnet.json'), 'utf8'))
const at = { block: 3, occurredAt: '2026-01-01T00:00:01Z' }
const sent = (name: string, data: object, version = 1) => ({
  'detail-type': name,
  detail: { metadata: { version }, data },
})
const fee = (id: string, amount: string, kind = 'gas_fee') => sent('FeeCharged', { id, kind, amount, ...at })
const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join('\n')

const EVENTS = [fee('f1', '100000000000000000000'), fee('f2', '100000000000000000000')]

describe('simulate', () => {
  it('leaves out what would go to quarantine, and tells the first ten of it', async () => {
    const wrong = Array.from({ length: 12 }, (_, n) => fee(`w${n}`, '1', 'lottery'))
    const events = file('some.ndjson', lines(...wrong, sent('FeeCharged', {}, 2), ...EVENTS))
    const { code, out, err } = await run('--policy', 'magnet', '--events', events, '--until', '10', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject([{ era: 0, state: 'DISTRIBUTED', income: '200000000000000000000' }])
    expect(err.split('\n')).toEqual([
      'magnet version 1: 13 events would go to quarantine, and so count for nothing here:',
      ...Array.from(
        { length: 10 },
        (_, n) => `  event ${n + 1}: kind: the policy has no income of this kind: got "lottery"`,
      ),
      '  and 3 more',
      '',
    ])
  })

  it('compares two policies: who gains, and who loses', async () => {
    const [reserve, treasury, ...others] = magnet.stages[0].split
    const stages = [
      {
        ...magnet.stages[0],
        split: [{ ...reserve, share: '10%' }, { ...treasury, share: '43%' }, ...others],
      },
    ]
    const next = file('next.json', JSON.stringify({ ...magnet, version: 2, stages }))
    const events = file('events.ndjson', lines(...EVENTS))
    const args = ['--policy', 'magnet', '--compare', next, '--events', events, '--until', '10']
    const { code, out, err } = await run(...args, '--json')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const { eras, sum, before, after } = JSON.parse(out)
    expect([before, after]).toEqual([
      { network: 'magnet', version: 1 },
      { network: 'magnet', version: 2 },
    ])
    expect(sum.lines.slice(0, 2)).toEqual([
      {
        stage: 'profit',
        line: 'relaychain-treasury',
        before: '66000000000000000000',
        after: '86000000000000000000',
        difference: '20000000000000000000',
        percent: '+30.30%',
      },
      {
        stage: 'profit',
        line: 'system-reserve',
        before: '40000000000000000000',
        after: '20000000000000000000',
        difference: '-20000000000000000000',
        percent: '-50.00%',
      },
    ])
    expect(eras).toHaveLength(1)
    const table = await run(...args)
    expect(table.out).toMatch(/^magnet version 1 against magnet version 2, amounts in base units of DOT18/)
    expect(table.out).toMatch(/profit \/ system-reserve +40{19} +20{19} +-20{19} +-50\.00%\n/)
  })

  it('does not compare what counts in other eras or another asset', async () => {
    const events = file('none.ndjson', '')
    const ran = await run('--policy', 'magnet', '--compare', 'infinect', '--events', events, '--until', '10')
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toContain('asset.symbol: it stays the same in every version: "DOT18", got "INFC"')
    expect(ran.err).toContain('era.blocks')
  })
})
