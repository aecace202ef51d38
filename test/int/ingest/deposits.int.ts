import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openingOf } from '../../../shared/domain/opening.ts'
import { type IngestDeps, ingest } from '../../../shared/ingest/ingest.ts'
import { replay } from '../../../shared/ingest/replay.ts'
import { message, SOURCE, type TestNetwork, testNetwork } from '../../support/intake.ts'
import { stateOf } from '../../support/ledger.ts'
import { blockPolicyJson, policyJson, toGroup } from '../../support/policies.ts'

/** Eras of an hour on a manual clock, weighed by what accounts hold; nothing older than 7 days is let in. */
let network: TestNetwork
let deps: IngestDeps
beforeAll(async () => {
  network = await testNetwork(policyJson(toGroup({ metric: 'balance' })))
  deps = withDeposits(network)
})
afterAll(() => network.engine.stop())

const withDeposits = ({ deps }: TestNetwork): IngestDeps => ({
  ...deps,
  sources: { ...deps.sources, TokensDeposited: [SOURCE] },
})
const deposit = (id: string, account: string, amount: string, more: object = {}) => ({
  id,
  account,
  amount,
  occurredAt: '2026-01-01T00:10:00Z',
  ...more,
})
const sent = (...deposits: object[]) =>
  message('TokensDeposited', deposits.length === 1 ? deposits[0] : deposits)
const have = (account: string) => stateOf(network.store, account)

describe('a deposit', () => {
  it('is the account’s at once, and in no log', async () => {
    expect(await ingest(deps, [sent(deposit('at-once', 'ann', '70'))])).toEqual({
      failed: [],
      counted: 1,
      late: 0,
      quarantined: 0,
    })
    expect(await have('ann')).toMatchObject({ available: 70n, deposited: 70n, earned: 0n })
    expect(await network.booked(0)).toEqual([])
    expect(await network.store.journal.read('evt#TokensDeposited#at-once')).toMatchObject({
      moves: [{ from: '@external', to: 'ann', amount: 70n, why: 'deposit' }],
    })
  })

  it('that comes again, in its own batch or another, is the same deposit', async () => {
    const twice = deposit('twice', 'bob', '5')
    await ingest(deps, [sent(twice, twice), sent(twice)])
    await ingest(deps, [sent(twice)])
    expect(await have('bob')).toMatchObject({ available: 5n, deposited: 5n })
    expect(await network.waiting()).toEqual([])
  })

  it('with the id of another goes to quarantine with the reason, and stays there', async () => {
    await ingest(deps, [sent(deposit('taken', 'cyd', '5'))])
    const other = deposit('taken', 'cyd', '6')
    expect(await ingest(deps, [sent(deposit('beside', 'cyd', '1'), other)])).toMatchObject({
      failed: [],
      counted: 1,
      quarantined: 1,
    })
    expect(await have('cyd')).toMatchObject({ available: 6n })
    const [refused] = await network.waiting()
    expect(refused).toMatchObject({
      rule: 'id',
      message: 'an id stands for one TokensDeposited for ever: another with this id is posted',
      value: '"taken"',
      detailType: 'TokensDeposited',
      form: 'event',
      index: 1,
      original: JSON.stringify(other),
    })
    const id = refused?.id as string
    expect(await replay(deps, { ids: [id] })).toMatchObject({
      replayed: 0,
      stillRejected: [{ id, rule: 'id' }],
    })
    expect(await have('cyd')).toMatchObject({ available: 6n })
  })

  it('is never too old: it counts from the era that is open', async () => {
    const { state, clock } = network.store
    await clock.advance(Date.parse('2026-02-01T00:00:00Z'))
    await state.close(-1, 4, 0)
    await ingest(deps, [sent(deposit('old', 'dan', '9'))])
    const dan = await have('dan')
    expect([5, 6].map((era) => openingOf(dan, era))).toEqual([0n, 9n])
  })

  it('that lies ahead of a clock which waits for its events counts from its own era on', async () => {
    await ingest(deps, [sent(deposit('ahead', 'eve', '9', { occurredAt: '2026-01-01T08:30:00Z' }))])
    const eve = await have('eve')
    expect(eve.available).toBe(9n)
    expect([5, 6, 8, 9].map((era) => openingOf(eve, era))).toEqual([0n, 0n, 0n, 9n])
  })

  it('is posted out of quarantine once it is corrected by its producer’s rights', async () => {
    const before = { ...deps, sources: {} }
    await ingest(before, [sent(deposit('unallowed', 'fay', '4'))])
    const refused = (await network.waiting()).find(({ original }) => original.includes('unallowed'))
    expect(refused).toMatchObject({ rule: 'source' })
    expect(await replay(deps, { ids: [refused?.id as string] })).toMatchObject({ replayed: 1 })
    expect(await have('fay')).toMatchObject({ available: 4n })
  })

  it.each([
    ['nothing', { amount: '0' }, 'amount', 'a deposit is above 0'],
    ['a number', { amount: 5 }, 'amount', 'an amount is a decimal string of base units'],
    ['a system account', { account: '@pool' }, 'account', 'an account is 1 to 128 of'],
    ['an unknown key', { to: 'ann' }, 'data', 'unknown key to'],
  ])('of %s is refused', async (_, more, rule, text) => {
    const id = `bad-${rule}-${text.length}`
    expect(await ingest(deps, [sent(deposit(id, 'ann', '1', more))])).toMatchObject({
      counted: 0,
      quarantined: 1,
    })
    const refused = (await network.waiting()).find(({ original }) => original.includes(id))
    expect(refused).toMatchObject({ rule, message: expect.stringContaining(text) })
  })
})

describe('a deposit that cannot be posted just now', () => {
  it('sends its message again, and no other', async () => {
    const { store } = network
    const journal: typeof store.journal = {
      ...store.journal,
      commit: (entry, ...rest) =>
        entry.id.includes('unlucky')
          ? Promise.reject(new Error('the table is away'))
          : store.journal.commit(entry, ...rest),
    }
    const messages = [
      sent(deposit('lucky-1', 'gil', '1'), deposit('unlucky', 'gil', '2')),
      sent(deposit('lucky-2', 'gil', '4')),
      message('FeeCharged', { id: 'f', kind: 'fee', amount: '1', occurredAt: '2026-02-01T00:00:00Z' }),
    ]
    const first = await ingest({ ...deps, store: { ...store, journal } }, messages)
    expect(first).toMatchObject({ failed: [messages[0]?.id], counted: 2 })
    expect(network.warnings.at(-1)).toContain('TokensDeposited unlucky was not posted')
    expect(await ingest(deps, messages.slice(0, 1))).toMatchObject({ failed: [], counted: 2 })
    expect(await have('gil')).toMatchObject({ available: 7n })
  })
})

describe('a batch of many deposits', () => {
  it('that takes too long is posted as far as it went; the rest comes again', async () => {
    let now = 0
    const slow = { ...deps, now: () => (now += 1_000) }
    const batch = Array.from({ length: 12 }, (_, i) => sent(deposit(`slow-${i}`, 'hal', '1')))
    const { failed, counted } = await ingest(slow, batch)
    expect(counted).toBeGreaterThan(0)
    expect(failed).toEqual(batch.slice(counted).map(({ id }) => id))
    expect((await have('hal')).available).toBe(BigInt(counted))
    expect(await ingest(deps, batch)).toMatchObject({ failed: [], counted: 12 })
    expect((await have('hal')).available).toBe(12n)
  })

  it('is posted whole, on one page one after the other', async () => {
    const deposits = Array.from({ length: 300 }, (_, i) =>
      deposit(`many-${i}`, `many-${i % 7}`, String(i + 1)),
    )
    const batch = [sent(...deposits.slice(0, 150)), ...deposits.slice(150).map((one) => sent(one))]
    expect(await ingest(deps, batch)).toMatchObject({ failed: [], counted: 300 })
    const totals = await Promise.all(
      Array.from({ length: 7 }, async (_, i) => (await have(`many-${i}`)).deposited),
    )
    expect(totals.reduce((total, amount) => total + amount, 0n)).toBe(45_150n)
  })
})

describe('where eras are counted in blocks', () => {
  it('a deposit says its block, like every event', async () => {
    const blocks = await testNetwork(blockPolicyJson())
    try {
      const unplaced = sent(deposit('unplaced', 'ann', '1'))
      const placed = sent(deposit('placed', 'ann', '1', { block: 3 }))
      expect(await ingest(withDeposits(blocks), [unplaced, placed])).toMatchObject({
        counted: 1,
        quarantined: 1,
      })
      expect(await blocks.waiting()).toMatchObject([{ rule: 'block' }])
      expect(await stateOf(blocks.store, 'ann')).toMatchObject({ available: 1n })
    } finally {
      await blocks.engine.stop()
    }
  })
})
