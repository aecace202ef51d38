import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { type Admission, admissionFor, admit, MAX_ERAS_AHEAD } from '../../../shared/ingest/admission.ts'
import { admitCommand } from '../../../shared/ingest/commands.ts'
import { clockAfter, countsByEra } from '../../../shared/ingest/counting.ts'
import { parseSources, readEnvelope } from '../../../shared/ingest/envelope.ts'
import infinite from '../../../shared/policies/infinite.json' with { type: 'json' }
import magnetByBlock from '../../../shared/policies/magnet.json' with { type: 'json' }
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }

const HOUR_MS = 3_600_000
const from = '2026-01-01T00:00:00Z'
const start = Date.parse(from)
const unset = { watermark: -1, latest: -1, advancedTo: -1, passed: [] }
const open = { closedThrough: -1, openEra: 0 }
const iso = (hours: number) => new Date(start + hours * HOUR_MS).toISOString()

type Given = Partial<{
  clock: string
  at: object
  state: object
  wall: number
  admitLate: boolean
  lateness: string
}>

function given({
  clock = 'manual',
  at = {},
  state = {},
  wall = 0,
  admitLate = false,
  lateness = 'P1D',
}: Given): Admission {
  const policy = parsePolicy({ ...magnet, era: { every: 'PT1H', from, clock, lateness } })
  return admissionFor(policy, { ...open, ...state }, { ...unset, ...at }, wall, { admitLate })
}

function givenBlocks({
  clock = 'events',
  at = {},
  state = {},
  wall = start + 1_000 * HOUR_MS,
}: Given): Admission {
  const policy = parsePolicy({ ...magnetByBlock, era: { blocks: 10, from: 100, clock, lateness: 'P1D' } })
  return admissionFor(policy, { ...open, ...state }, { ...unset, ...at }, wall)
}

const fee = (more: object) => ({ id: 'f', kind: 'gas_fee', amount: '1', occurredAt: from, ...more })
const outcome = (admission: Admission, more: object) => {
  const verdict = admit(admission, 'FeeCharged', fee(more))
  return 'rejection' in verdict ? verdict.rejection.rule : [verdict.era, verdict.late]
}

describe('the era of an event', () => {
  it.each<[string, Given, number, unknown]>([
    ['is the one it occurred in', {}, 3.5, [3, false]],
    ['begins with its first moment', {}, 4, [4, false]],
    [
      'is the oldest not closed, when its own is',
      { state: { closedThrough: 6, openEra: 7 } },
      3.5,
      [7, true],
    ],
    [
      'is the oldest not closed, when its own was the last to close',
      { state: { closedThrough: 6, openEra: 7 } },
      6.5,
      [7, true],
    ],
    ['is its own, when the one before is closed', { state: { closedThrough: 6, openEra: 7 } }, 7, [7, false]],
    ['is none before the first', {}, -0.001, 'era.origin'],
    ['is not too far ahead of a clock that never went', {}, MAX_ERAS_AHEAD + 0.5, [MAX_ERAS_AHEAD, false]],
    ['may be too far ahead of it', {}, MAX_ERAS_AHEAD + 1, 'era.ahead'],
    [
      'is measured from where the clock is',
      { at: { advancedTo: start + 5 * HOUR_MS } },
      MAX_ERAS_AHEAD + 5,
      [MAX_ERAS_AHEAD + 5, false],
    ],
    [
      'is measured from the open era too',
      { state: { openEra: 9 } },
      MAX_ERAS_AHEAD + 9,
      [MAX_ERAS_AHEAD + 9, false],
    ],
  ])('%s', (_name, network, hours, expected) => {
    expect(outcome(given(network), { occurredAt: iso(hours) })).toEqual(expected)
  })
})

describe('lateness', () => {
  const at = (hours: number) => start + hours * HOUR_MS
  it.each<[string, Given, number, unknown]>([
    ['has no meaning before a manual clock went', { wall: at(900) }, 0, [0, false]],
    ['is measured from where an operator advanced to', { at: { advancedTo: at(50) } }, 25.9, 'era.lateness'],
    ['lets in what is exactly as old', { at: { advancedTo: at(50) } }, 26, [26, false]],
    [
      'does not follow the watermark of a manual clock',
      { at: { watermark: at(90), advancedTo: at(50) } },
      26,
      [26, false],
    ],
    [
      'follows the watermark of an events clock',
      { clock: 'events', at: { watermark: at(90), advancedTo: at(50) }, wall: at(900) },
      26,
      'era.lateness',
    ],
    [
      'follows what an events clock was advanced to',
      { clock: 'events', at: { watermark: at(10), advancedTo: at(50) }, wall: at(900) },
      25,
      'era.lateness',
    ],
    ['follows the wall', { clock: 'wall', wall: at(50) }, 25.9, 'era.lateness'],
    ['is set aside by an operator', { clock: 'wall', wall: at(50), admitLate: true }, 1, [1, false]],
  ])('%s', (_name, network, hours, expected) => {
    expect(outcome(given(network), { occurredAt: iso(hours) })).toEqual(expected)
  })

  it('in eras by block is measured from the greatest moment', () => {
    const admission = givenBlocks({ at: { watermark: 500, latest: at(50) } })
    expect(outcome(admission, { block: 499, occurredAt: iso(25) })).toBe('era.lateness')
    expect(outcome(admission, { block: 101, occurredAt: iso(26) })).toEqual([0, false])
  })
})

describe('ahead of a wall clock', () => {
  it('is at most five minutes, however far the eras of an advanced clock would reach', () => {
    const admission = given({ clock: 'wall', wall: start })
    expect(outcome(admission, { occurredAt: new Date(start + 300_000).toISOString() })).toEqual([0, false])
    expect(outcome(admission, { occurredAt: new Date(start + 300_001).toISOString() })).toBe('era.ahead')
  })
})

describe('eras by block', () => {
  it('by time take none either', () => {
    const told = { occurredAt: new Date(start + 300_001).toISOString() }
    expect(outcome(given({ clock: 'events', wall: start }), told)).toBe('era.ahead')
    expect(outcome(given({ clock: 'events', wall: start + 1 }), told)).toEqual([0, false])
  })

  it('take no moment from the future by an events clock: lateness is measured from the greatest told', () => {
    const told = { block: 100, occurredAt: new Date(start + 300_001).toISOString() }
    expect(outcome(givenBlocks({ wall: start }), told)).toBe('era.ahead')
    expect(outcome(givenBlocks({ wall: start + 1 }), told)).toEqual([0, false])
    expect(outcome(givenBlocks({ wall: start, clock: 'manual' }), told)).toEqual([0, false])
  })

  it.each<[string, object, unknown]>([
    ['count blocks', { block: 119 }, [1, false]],
    ['begin at the origin', { block: 99 }, 'era.origin'],
    ['need a block', {}, 'block'],
    ['end somewhere', { block: 100 + 10 * (MAX_ERAS_AHEAD + 1) }, 'era.ahead'],
    ['spread over blocks', { block: 100, spread: { from: 0, to: 9 } }, [0, false]],
    ['do not spread over moments', { block: 100, spread: { from, to: iso(1) } }, 'spread.from'],
  ])('%s', (_name, more, expected) => {
    expect(outcome(givenBlocks({}), more)).toEqual(expected)
  })
})

describe('what the policy must know', () => {
  const shape = { id: 'x', occurredAt: from }
  it.each<[string, object, string]>([
    ['FeeCharged', { kind: 'gas_fee', amount: '1' }, 'booked'],
    ['FeeCharged', { kind: 'coretime_bulk', amount: '1' }, 'kind'],
    ['CostIncurred', { kind: 'coretime_bulk', amount: '1' }, 'booked'],
    ['CostIncurred', { kind: 'gas_fee', amount: '1' }, 'kind'],
    ['MetricReported', { account: 'a', metric: 'uptime', value: '1' }, 'booked'],
    ['MetricReported', { account: 'a', metric: 'balance', value: '1' }, 'metric'],
    ['ParticipantChanged', { account: 'a', group: 'collators', status: 'active' }, 'booked'],
    ['ParticipantChanged', { account: 'a', group: 'valueOf', status: 'active' }, 'group'],
    ['ObligationDue', { account: 'a', obligation: 'rent', amount: '1' }, 'obligation'],
    ['StakeReported', { account: 'a', amount: '1' }, 'booked'],
    ['SpreadEnded', { event: 'FeeCharged', spreadId: 'f' }, 'booked'],
  ])('%s %j: %s', (name, more, expected) => {
    const verdict = admit(given({}), name as never, { ...shape, ...more })
    expect('rejection' in verdict ? verdict.rejection.rule : 'booked').toBe(expected)
  })

  it('knows the obligations that a line pays', () => {
    const policy = parsePolicy(infinite)
    const wall = policy.era.calendar.from + 1
    const due = { id: 'd', account: 'a', amount: '1', occurredAt: new Date(wall).toISOString() }
    const admission = admissionFor(policy, open, unset, wall)
    expect(admit(admission, 'ObligationDue', { ...due, obligation: 'utilisation' })).toMatchObject({ era: 0 })
    expect(admit(admission, 'ObligationDue', { ...due, obligation: 'hp-utilisation' })).toMatchObject({
      rejection: { rule: 'obligation', value: '"hp-utilisation"' },
    })
  })
})

describe('the clock after a batch', () => {
  const booking = (occurredAt: number, block?: number) =>
    ({ event: { occurredAt, block }, era: 0, late: false }) as never
  const stored = { ...unset, watermark: 50, latest: 60 }
  it.each<[string, object, unknown[], unknown]>([
    [
      'is raised to the greatest moment',
      { ...magnet, era: { every: 'PT1H', from, clock: 'events' } },
      [booking(70), booking(65)],
      { watermark: 70, latest: 70 },
    ],
    [
      'stays when nothing is newer',
      { ...magnet, era: { every: 'PT1H', from, clock: 'events' } },
      [booking(50)],
      undefined,
    ],
    ['is not moved by events where an operator moves it', magnet, [booking(70)], undefined],
    [
      'is raised to the greatest block and, apart, the greatest moment',
      magnetByBlock,
      [booking(55, 90), booking(61, 3)],
      { watermark: 90, latest: 61 },
    ],
    [
      'keeps the latest moment even where an operator moves it',
      { ...magnetByBlock, era: { ...magnetByBlock.era, clock: 'manual' } },
      [booking(61, 90)],
      { watermark: 50, latest: 61 },
    ],
  ])('%s', (_name, json, bookings, expected) => {
    expect(clockAfter(parsePolicy(json), stored, bookings as never)).toEqual(expected)
  })
})

describe('the era from which a deposit counts', () => {
  it.each([
    ['wall', -1],
    ['events', 3],
    ['manual', 3],
  ])('on a clock of the kind %s', (clock, era) => {
    const deposit = { id: 'd', account: 'ann', amount: '1', occurredAt: iso(3.5) }
    expect(admitCommand(given({ clock }), 'TokensDeposited', deposit)).toMatchObject({ era })
  })
})

describe('counts', () => {
  it('are by era, side and kind', () => {
    const event = (name: string, kind: string, amount: bigint) => ({ name, kind, amount })
    const bookings = [
      { event: event('FeeCharged', 'constructor', 2n), era: 1 },
      { event: event('FeeCharged', 'constructor', 3n), era: 1 },
      { event: event('CostIncurred', 'x', 5n), era: 2 },
      { event: { name: 'MetricReported' }, era: 3 },
    ]
    expect(countsByEra(bookings as never)).toEqual(
      new Map([
        [1, { income: new Map([['constructor', { count: 2, amount: 5n }]]), costs: new Map() }],
        [2, { income: new Map(), costs: new Map([['x', { count: 1, amount: 5n }]]) }],
      ]),
    )
  })
})

describe('sources', () => {
  it('are read from the setting, or refused', () => {
    expect(parseSources('{"FeeCharged":["a","b"],"StakeReported":["*"]}')).toEqual({
      FeeCharged: ['a', 'b'],
      StakeReported: ['*'],
    })
    for (const text of ['', '[]', '{"Fee":["a"]}', '{"FeeCharged":"a"}']) {
      expect(() => parseSources(text)).toThrow('EVENT_SOURCES')
    }
  })

  it('are those of the event; "*" is any, even none', () => {
    const body = (name: string, source?: string) =>
      JSON.stringify({ 'detail-type': name, source, detail: { metadata: { version: 1 }, data: {} } })
    const sources = parseSources('{"FeeCharged":["a"],"StakeReported":["*"]}')
    expect(readEnvelope(body('FeeCharged', 'a'), sources)).toMatchObject({ name: 'FeeCharged', data: [{}] })
    expect(readEnvelope(body('FeeCharged', 'b'), sources)).toMatchObject({
      rejection: { rule: 'source', message: 'FeeCharged is accepted from a', value: '"b"' },
      source: 'b',
      detailType: 'FeeCharged',
    })
    expect(readEnvelope(body('CostIncurred', 'a'), sources)).toMatchObject({
      rejection: { message: 'CostIncurred is accepted from nobody' },
    })
    expect(readEnvelope(body('StakeReported'), sources)).toMatchObject({ name: 'StakeReported' })
  })
})

describe('a policy version that waits for its era', () => {
  const policy = parsePolicy({ ...magnet, era: { every: 'PT1H', from, clock: 'manual' } })
  const next = parsePolicy({
    ...magnet,
    version: 2,
    era: { every: 'PT1H', from, clock: 'manual' },
    income: { tips: {} },
  })
  const pending = [{ effectiveFrom: 5, policy: next }]
  const verdict = (closedThrough: number, kind: string, hours: number) => {
    const state = { closedThrough, openEra: closedThrough + 1 }
    return outcome(admissionFor(policy, state, unset, 0, { pending }), { kind, occurredAt: iso(hours) })
  }

  it.each<[string, number, string, number, unknown]>([
    ['the last era before it knows the old kinds', -1, 'gas_fee', 4.9, [4, false]],
    ['and not the new', -1, 'tips', 4.9, 'kind'],
    ['its first era knows the new kinds', -1, 'tips', 5, [5, false]],
    ['and not the old', -1, 'gas_fee', 5, 'kind'],
    ['every later one too', -1, 'tips', 100, [100, false]],
    ['what comes late is checked by the version of the era it is booked in', 4, 'tips', 2, [5, true]],
    ['and not by that of its own', 4, 'gas_fee', 2, 'kind'],
  ])('%s', (_name, closedThrough, kind, hours, wanted) => {
    expect(verdict(closedThrough, kind, hours)).toEqual(wanted)
  })
})
