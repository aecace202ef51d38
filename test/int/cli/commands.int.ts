import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Service, startService } from '../../support/service.ts'

/** The commands as a person runs them, against the local host. The tests build on one another, in order. */

const ROOT = join(import.meta.dirname, '../../..')
const POLICY = JSON.parse(readFileSync(join(ROOT, 'shared/policies/ethereum-blocks.json'), 'utf8'))
const directory = mkdtempSync(join(tmpdir(), 'commands-'))

let service: Service
beforeAll(async () => {
  service = await startService(POLICY)
}, 60_000)
afterAll(async () => {
  await service?.close()
  rmSync(directory, { recursive: true })
})

interface Ran {
  code: number | null
  out: string
  err: string
}

function run(name: string, ...args: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [
    join(ROOT, 'infra/cli', `${name}.ts`),
    '--endpoint-url',
    service.host.url,
    ...args,
  ])
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

const HEADER =
  'block_number,timestamp,tips_wei,flashbots_tips_wei,flashbots_coinbase_transfer_wei,uncle_inclusion_reward_wei'
const DAY_0 = Date.UTC(2021, 7, 4) / 1000
const DAY = 86_400
const blocks = Array.from({ length: 3_000 }, (_, n) => ({
  number: 1_000 + n,
  at: DAY_0 + Math.floor((n * 2 * DAY) / 3_000),
  tips: 10n ** 18n + BigInt(n) * 7_000_000_000_000_003n,
  uncle: n % 100 === 0 ? 125_000_000_000_000_000n : 0n,
}))
const CSV = [
  HEADER,
  ...blocks.map(({ number, at, tips, uncle }) => `${number},${at},${tips},0,0,${uncle}`),
].join('\n')
const sumOf = (day: number, key: 'tips' | 'uncle') =>
  blocks
    .filter(({ at }) => Math.floor((at - DAY_0) / DAY) === day)
    .reduce((sum, block) => sum + block[key], 0n)
    .toString()

describe('send', () => {
  it('checks a whole file without sending anything', async () => {
    const ran = await run('send', '--csv', file('blocks.csv', CSV), '--map', 'ethereum-blocks', '--dry-run')
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toMatch(
      /^would send 3,030 events from 3,000 rows, in \d+ entries and \d+ requests?; 8,970 skipped by the mapping\n$/,
    )
    expect(service.host.queueDepth()).toBe(0)
  })

  it('stops at the first row that breaks a rule, naming line, field and value', async () => {
    const broken = file('broken.csv', `${HEADER}\n1,${DAY_0},1.5,0,0,0\n`)
    const ran = await run('send', '--csv', broken, '--map', 'ethereum-blocks')
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toMatch(
      /^error line 2: FeeCharged\.amount: an amount is a whole number .*: got "1\.5"\n$/,
    )
  })

  it('sends a file, and the same once more', async () => {
    for (let time = 0; time < 2; time += 1) {
      const ran = await run('send', '--csv', file('blocks.csv', CSV), '--map', 'ethereum-blocks')
      expect(ran).toMatchObject({ code: 0, err: '' })
      expect(ran.out).toMatch(/^sent 3,030 events from 3,000 rows, /)
    }
  })

  it('sends events as they are, leaving out what breaks a rule when it is told to', async () => {
    const report = (day: number, value: unknown) =>
      JSON.stringify({
        'detail-type': 'MetricReported',
        detail: {
          metadata: { version: 1 },
          data: {
            id: `m-${day}-${value}`,
            account: 'collator-a',
            metric: 'blocksProduced',
            value,
            occurredAt: `2021-08-0${4 + day}T12:00:00Z`,
          },
        },
      })
    const ran = await run(
      'send',
      '--ndjson',
      file('metrics.ndjson', [report(0, '5'), report(0, 5), report(1, '7')].join('\n')),
      '--skip-invalid',
    )
    expect(ran.code).toBe(1)
    expect(ran.out).toMatch(/^sent 2 events from 3 rows/)
    expect(ran.err).toMatch(/^line 2: MetricReported\.value: .*\nerror 1 event of the file breaks a rule\n$/)
  })

  it('says so when nothing answers', async () => {
    const ran = await run(
      'send',
      '--csv',
      file('blocks.csv', CSV),
      '--map',
      'ethereum-blocks',
      '--endpoint-url',
      'http://127.0.0.1:9',
    )
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toBe(
      'error nothing answers at http://127.0.0.1:9 (ECONNREFUSED): start the local host with "npm start", or give --endpoint-url\n',
    )
  })

  it('exits 1 when the bus does not take the events', async () => {
    const one = file('one.csv', `${HEADER}\n1,${DAY_0},1,0,0,0\n`)
    const ran = await run('send', '--csv', one, '--map', 'ethereum-blocks', '--bus', 'nowhere')
    expect(ran.code).toBe(1)
    expect(ran.err).toMatch(
      /^error 1 event could not be sent: InvalidArgument: Event bus nowhere does not exist\.\n$/,
    )
  })
})

describe('advance', () => {
  it('refuses what is no position', async () => {
    const ran = await run('advance', '--to', 'tomorrow')
    expect(ran).toEqual({
      code: 1,
      out: '',
      err: 'error a position of this network is an ISO 8601 moment with an offset: got "tomorrow"\n',
    })
  })

  it('closes and seals the days that were sent, and shows them', { timeout: 60_000 }, async () => {
    const ran = await run('advance', '--to', '2021-08-06T00:00:00Z', '--report')
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toContain('eras are closed through 1, no era is sealed yet\n')
    expect(ran.out).toContain('hashes worked out anew, unbroken')
    for (const day of [0, 1]) {
      const { body } = await service.get(`/eras/${day}`)
      expect(body.income.kinds.tips.charged.amount).toBe(sumOf(day, 'tips'))
      expect(body.income.kinds.uncle_inclusion_reward.charged.amount).toBe(sumOf(day, 'uncle'))
      expect(body.duplicates).toBe(1_515)
      expect(ran.out).toContain(sumOf(day, 'tips'))
    }
  })
})

describe('token, replay and inspect', () => {
  it('a token with the scope opens the quarantine', async () => {
    const { out: token, code } = await run('token', '--account', 'operator', '--scope', 'quarantine:read')
    expect(code).toBe(0)
    const { status, body } = await service.get('/quarantine', { authorization: `Bearer ${token.trim()}` })
    expect({ status, events: body.events }).toEqual({ status: 200, events: [] })
  })

  it('replay tells what is still refused', async () => {
    await service.send([
      {
        'detail-type': 'FeeCharged',
        detail: {
          metadata: { version: 1 },
          data: { id: 'x', kind: 'tips', amount: '-3', occurredAt: '2021-08-06T00:00:00Z' },
        },
      },
    ])
    await service.host.drained()
    const ran = await run('replay', '--all')
    expect(ran).toMatchObject({ code: 0, err: '' })
    expect(ran.out).toMatch(
      /^still refused: \S+ amount: an amount is .*\n0 messages replayed, 1 event still refused\n$/,
    )
  })

  it('inspect lists a partition, and prints an item decoded', async () => {
    expect((await run('inspect', '--pk', 'ERA#0')).out.split('\n')).toContain('PLAN')
    const plan = JSON.parse((await run('inspect', '--pk', 'ERA#0', '--sk', 'PLAN')).out)
    expect(JSON.stringify(plan)).toContain(sumOf(0, 'tips'))
    expect(await run('inspect', '--pk', 'ERA#0', '--sk', 'NOTHING')).toEqual({
      code: 1,
      out: '',
      err: 'error the table has no item with pk "ERA#0" and sk "NOTHING"\n',
    })
  })
})
