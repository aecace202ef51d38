import { describe, expect, it } from 'vitest'
import { readPolicyFile } from '../../../../infra/policy-file.ts'
import { fitForSample } from '../../../../infra/sample/fit.ts'
import { needsOf } from '../../../../infra/sample/needs.ts'
import { Random } from '../../../../infra/sample/random.ts'
import { SAMPLE_SEED, type Sample, type SampleSize, sampleNetwork } from '../../../../infra/sample/sample.ts'
import { eraAt, isByBlock } from '../../../../shared/domain/calendar.ts'
import { type Event, type EventName, positionOf } from '../../../../shared/domain/event.ts'
import type { Policy } from '../../../../shared/domain/policy/schema.ts'
import type { SettledEra } from '../../../../shared/domain/settle.ts'
import { simulate } from '../../../../shared/domain/simulate.ts'
import { readEvent } from '../../../../shared/events/contracts.ts'

const PRESETS = [
  'magnet-hourly',
  'ethereum-blocks',
  'magnet',
  'magnet-cost-return',
  'infinect',
  'infinite',
  'computronium',
  'opur',
]
const SMALL: SampleSize = { eras: 3, feesPerEra: 300, participants: 40 }

function fitted(preset: string) {
  return fitForSample(readPolicyFile(preset))
}

function eventsOf(sample: Sample): Event[] {
  return sample.events.flatMap(({ name, data, flaw }) => {
    const read = flaw === 'invalid' ? undefined : readEvent(name as EventName, data)
    if (read && 'rejection' in read)
      throw new Error(`${data.id}: ${read.rejection.rule} ${read.rejection.message}`)
    return read ? [read.event] : []
  })
}

async function settled(preset: string): Promise<SettledEra[]> {
  const { policy, json } = fitted(preset)
  const sample = sampleNetwork(policy, SAMPLE_SEED, SMALL)
  return (await simulate(policy, json, eventsOf(sample), sample.until)).eras
}

describe.each(PRESETS)('sample of %s', (preset) => {
  const { policy } = fitted(preset)
  const sample = sampleNetwork(policy, SAMPLE_SEED, SMALL)
  const events = eventsOf(sample)

  it('is the same for the same seed, and another for another', () => {
    expect(JSON.stringify(sampleNetwork(policy, SAMPLE_SEED, SMALL))).toBe(JSON.stringify(sample))
    expect(JSON.stringify(sampleNetwork(policy, 7, SMALL))).not.toBe(JSON.stringify(sample))
  })

  it('has only events that the contracts take, but for its mistakes: one an era', () => {
    const mistakes = sample.events.filter(({ flaw }) => flaw === 'invalid')
    expect(mistakes).toHaveLength(SMALL.eras)
    for (const { name, data } of mistakes) {
      const read = readEvent(name as EventName, data)
      expect('rejection' in read || !Object.hasOwn(policy.income, String(data.kind))).toBe(true)
    }
    expect(events).toHaveLength(sample.events.length - mistakes.length)
  })

  it('gives no id twice but for its duplicates: four an era, the very same events', () => {
    const first = new Map<string, string>()
    let duplicates = 0
    for (const { name, data, flaw } of sample.events) {
      const key = `${name}/${data.id}`
      if (flaw === 'duplicate') duplicates += 1
      expect(first.get(key)).toBe(flaw === 'duplicate' ? JSON.stringify(data) : undefined)
      first.set(key, JSON.stringify(data))
    }
    expect(duplicates).toBe(4 * SMALL.eras)
  })

  it('lies within its eras, in order', () => {
    const eras = events.map((event) => eraAt(policy.era.calendar, positionOf(event, policy.era.calendar)))
    expect(new Set(eras)).toEqual(new Set([0, 1, 2]))
    expect(eras).toEqual(eras.toSorted((a, b) => a - b))
    expect(eraAt(policy.era.calendar, sample.until)).toBe(SMALL.eras)
    for (const event of events) expect(event.block !== undefined).toBe(isByBlock(policy.era.calendar))
  })

  it('speaks of the kinds and metrics that the policy has, and of all of them', () => {
    const of = <N extends EventName>(name: N) =>
      events.filter((event): event is Extract<Event, { name: N }> => event.name === name)
    expect(new Set(of('FeeCharged').map(({ kind }) => kind))).toEqual(new Set(Object.keys(policy.income)))
    expect(new Set(of('CostIncurred').map(({ kind }) => kind))).toEqual(new Set(Object.keys(policy.costs)))
    const metrics = needsOf(policy).flatMap((group) => [...group.metrics.keys()])
    expect(new Set(of('MetricReported').map(({ metric }) => metric))).toEqual(new Set(metrics))
  })
})

describe('what the sample shows', () => {
  it('is a good era, one with a loss that the reserve covers, and a good one', async () => {
    const eras = await settled('magnet-hourly')
    expect(eras.map(({ seal }) => seal.state)).toEqual(['DISTRIBUTED', 'LOSS_COVERED', 'DISTRIBUTED'])
  })

  it.each(PRESETS)('pays every group that %s pays', async (preset) => {
    const { policy } = fitted(preset)
    const [first] = await settled(preset)
    const lines = Object.entries(first?.seal.lines ?? {})
    for (const [stage, amounts] of lines) {
      for (const [line, amount] of Object.entries(amounts)) {
        expect(amount, `${stage}.${line}`).toBeGreaterThan(0n)
      }
    }
    for (const { parts, why } of first?.plan.payments ?? []) {
      for (const { weight } of parts) expect(weight, why).toBeGreaterThan(0n)
    }
    expect(lines.map(([stage]) => stage)).toEqual(policy.stages.map(({ id }) => id))
    expect(
      Object.keys(first?.seal.system ?? {}).filter((account) => account.startsWith('@rollover')),
    ).toEqual([])
  })

  it('has values on both sides of a curve’s steps', () => {
    const { policy } = fitted('infinect')
    const { events } = sampleNetwork(policy, SAMPLE_SEED, SMALL)
    const values = events
      .filter(({ data }) => data.metric === 'uptimePpm')
      .map(({ data }) => BigInt(String(data.value)))
    for (const point of [900_000n, 990_000n, 999_000n]) {
      expect(values.some((value) => value < point && value > point - 10_000n)).toBe(true)
      expect(values.some((value) => value >= point && value < point + 10_000n)).toBe(true)
    }
  })

  it('is 20,000 fees or more by 200 participants, of two kinds, in its full size', () => {
    const { policy } = fitted('magnet-hourly')
    const { events, participants } = sampleNetwork(policy)
    const fees = events.filter(({ name, flaw }) => name === 'FeeCharged' && !flaw)
    expect(fees.length).toBeGreaterThanOrEqual(20_000)
    expect(new Set(fees.map(({ data }) => data.kind)).size).toBeGreaterThanOrEqual(2)
    const reporting = new Set(
      events.filter(({ name, flaw }) => name === 'MetricReported' && !flaw).map(({ data }) => data.account),
    )
    expect(reporting).toEqual(new Set(participants))
    expect(reporting.size).toBe(200)
  })
})

describe('fitting a policy for the sample', () => {
  it('leaves a policy alone that runs as it is', () => {
    const given = readPolicyFile('magnet-hourly')
    expect(fitForSample(given)).toEqual({ json: given.json, policy: given.policy, changes: [] })
  })

  it('puts a manual clock for a wall clock, and says so', () => {
    const { policy, changes } = fitted('opur')
    expect(policy.era.clock).toBe('manual')
    expect(changes).toEqual([expect.stringContaining('wall clock')])
  })

  it('gives balances where they are weighed, and changes nothing else', () => {
    const given = readPolicyFile('computronium')
    const { policy, changes } = fitForSample(given)
    expect(changes).toHaveLength(2)
    const { genesis, era, ...rest } = policy
    const { genesis: _, era: eraGiven, ...restGiven } = given.policy satisfies Policy
    expect(Object.keys(genesis?.accounts ?? {})).toHaveLength(200)
    expect(rest).toEqual(restGiven)
    expect(era).toEqual({ ...eraGiven, clock: 'manual' })
  })
})

describe('random numbers', () => {
  it('are these for ever: a sample must not change with the runtime', () => {
    const random = new Random(1)
    expect([
      random.next(),
      random.next(),
      random.below(10),
      random.between(0n, 10n ** 18n),
      random.hex(10),
    ]).toMatchInlineSnapshot(`
      [
        393288148,
        2174103013,
        1,
        487255184546641581n,
        "81e3835fbf",
      ]
    `)
  })

  it('stay within their limits and reach them', () => {
    const random = new Random(2)
    const drawn = Array.from({ length: 2_000 }, () => random.between(3n, 7n))
    expect(new Set(drawn)).toEqual(new Set([3n, 4n, 5n, 6n, 7n]))
    const below = Array.from({ length: 2_000 }, () => random.below(4))
    expect(new Set(below)).toEqual(new Set([0, 1, 2, 3]))
    expect(random.between(5n, 5n)).toBe(5n)
  })
})
