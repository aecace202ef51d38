import { beforeAll, describe, expect, it } from 'vitest'
import { conservationOf, reportEras } from '../../../../infra/cli/report/era-report.ts'
import { checkSealChain, type Era } from '../../../../infra/cli/report/seal-chain.ts'
import { type Style, styleFor } from '../../../../infra/cli/terminal.ts'
import { readPolicyFile } from '../../../../infra/policy-file.ts'
import { fitForSample } from '../../../../infra/sample/fit.ts'
import { SAMPLE_SEED, sampleNetwork } from '../../../../infra/sample/sample.ts'
import { eraResponse } from '../../../../shared/api/contracts/eras.ts'
import { readEra } from '../../../../shared/api/eras.ts'
import type { Reader } from '../../../../shared/api/network.ts'
import type { EventName } from '../../../../shared/domain/event.ts'
import type { Policy } from '../../../../shared/domain/policy/schema.ts'
import type { SettledEra } from '../../../../shared/domain/settle.ts'
import { simulate } from '../../../../shared/domain/simulate.ts'
import { readEvent } from '../../../../shared/events/contracts.ts'
import { Acting } from '../../../support/acting.ts'
import { fee } from '../../../support/events.ts'
import { charging, deposit, stakes } from '../../../support/moves.ts'
import { policyJson } from '../../../support/policies.ts'

const plain: Style = styleFor({ isTTY: false })

/** The answers of the API for the sample of a preset, settled in memory: the report has nothing else to go by. */
async function answers(preset: string): Promise<{ eras: Era[]; policy: Policy }> {
  const { policy, json } = fitForSample(readPolicyFile(preset))
  const sample = sampleNetwork(policy, SAMPLE_SEED, { eras: 3, feesPerEra: 200, participants: 30 })
  const events = sample.events.flatMap(({ name, data, flaw }) => {
    const read = flaw === 'invalid' ? undefined : readEvent(name as EventName, data)
    return read && 'event' in read ? [read.event] : []
  })
  const { eras } = await simulate(policy, json, events, sample.until)
  return { eras: await answered(eras, policy), policy }
}

async function answered(eras: readonly SettledEra[], policy: Policy): Promise<Era[]> {
  const reader = {
    network: { policy: async () => ({ policy }), seal: async (n: number) => eras[n]?.seal },
    store: { plan: async (n: number) => eras[n]?.plan },
  } as unknown as Reader
  const read = eras.map(async (_, n) =>
    eraResponse.parse(JSON.parse(JSON.stringify(await readEra(reader, { n })))),
  )
  return Promise.all(read)
}

describe('report of an era', () => {
  let eras: Era[]
  let policy: Policy
  beforeAll(async () => {
    ;({ eras, policy } = await answers('magnet-hourly'))
  })

  it('reads like this', () => {
    expect(reportEras(eras, policy, plain, 100).join('\n')).toMatchSnapshot()
  })

  it('stands in columns: every amount ends where the others do', () => {
    const lines = reportEras(eras, policy, plain).join('\n').split('\n')
    const ends = lines.filter((line) => /^ {2}.*\d\.\d{6} +\d+$/.test(line)).map((line) => line.length)
    expect(ends.length).toBeGreaterThan(50)
    expect(new Set(ends).size).toBe(1)
  })

  it('has addresses whole where there is room, and shortened where there is not', () => {
    const account = eras[0]?.credits.largest[0]?.account as string
    expect(reportEras(eras, policy, plain)[0]).toContain(account)
    expect(reportEras(eras, policy, plain, 80)[0]).not.toContain(account)
  })

  it('has colours only where it is asked for them', () => {
    expect(reportEras(eras, policy, plain).join('')).not.toContain('\u001b')
  })

  it('adds up where commands took money from accounts, and says how much of what came in that is', async () => {
    const acting = new Acting(policyJson({ income: { fee: { admit: '50%', restTo: 'zoe' } } }))
    acting.act([deposit('ann', 100n), ...charging('ann', 'c', 11n), stakes('ann', 'a', 50n)])
    acting.act([{ move: 'slash', account: 'ann', id: 's', lot: 'a', amount: 20n, to: '@insurance' }])
    const [one] = await answered([await acting.end([fee('f', 9n)])], acting.network.policy)
    const era = one as Era
    expect(conservationOf(era)).toMatchObject({
      before: { amount: '0' },
      came: { amount: '40' },
      taken: { amount: '31' },
      after: { amount: '29' },
      out: { amount: '11' },
      holds: true,
    })
    expect(reportEras([era], acting.network.policy, plain)[0]).toMatch(
      /of it +from accounts, by commands +31/,
    )
    expect(checkSealChain([era], acting.network.policy)).toEqual([])
  })

  it('says so when money is missing', () => {
    const era = structuredClone(eras[0] as Era)
    era.credits.total.amount = (BigInt(era.credits.total.amount) - 1n).toString()
    expect(conservationOf(eras[0] as Era).holds).toBe(true)
    expect(conservationOf(era).holds).toBe(false)
    expect(reportEras([era], policy, plain)[0]).toContain('NOT: the two sides differ')
  })
})

describe('chain of seals', () => {
  it.each([
    'magnet-hourly',
    'magnet-cost-return',
    'infinect',
    'infinite',
    'computronium',
    'opur',
    'ethereum-blocks',
  ])('of %s holds, from nothing but what the API says', async (preset) => {
    const { eras, policy } = await answers(preset)
    expect(checkSealChain(eras, policy)).toEqual([])
  })

  it.each<[string, (era: Era) => void]>([
    ['an amount', (era) => Object.assign(era.net, { amount: `${era.net.amount}1` })],
    ['a balance', (era) => Object.assign(era.system['@system-reserve'] as object, { amount: '7' })],
    ['the count of fees', (era) => Object.assign(era.counted, { FeeCharged: 1 })],
    ['the release', (era) => Object.assign(era, { releaseAt: '2027-01-01T00:00:00Z' })],
    ['the hash of the seal before', (era) => Object.assign(era.seal, { previousHash: '0'.repeat(64) })],
  ])('breaks when %s was changed', async (_, change) => {
    const { eras, policy } = await answers('magnet-hourly')
    change(eras[1] as Era)
    expect(checkSealChain(eras, policy).map(({ era }) => era)).toContain(1)
  })

  it('breaks when an era was taken out', async () => {
    const { eras, policy } = await answers('magnet-hourly')
    expect(checkSealChain([eras[0] as Era, eras[2] as Era], policy)).toEqual([
      { era: 2, what: expect.stringMatching(/^follows .*, but the seal before it is /) },
    ])
  })
})
