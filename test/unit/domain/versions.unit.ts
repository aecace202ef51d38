import { describe, expect, it } from 'vitest'
import type { Event } from '../../../shared/domain/event.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { checkSuccession } from '../../../shared/domain/policy/succession.ts'
import { allAccounts, type Network, openNetwork, settleEra } from '../../../shared/domain/settle.ts'

const HOUR = 3_600_000
const ORIGIN = Date.UTC(2026, 0, 1)

const V1 = {
  network: 'versions',
  version: 1,
  asset: { symbol: 'T', decimals: 0 },
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  income: { fee: {} },
  base: 'gross',
  stages: [
    {
      id: 'dues',
      from: '@pool',
      take: [{ id: 'rent', to: 'group:hosts', obligation: 'rent' }],
      rest: '@reserve',
    },
  ],
  groups: { hosts: { weight: { metric: 'uptime' }, ifEmpty: '@reserve' } },
  genesis: { system: { '@reserve': '5' }, accounts: { ann: { balance: '7' } } },
}
const { genesis, ...later } = V1
/** Nobody is paid rent any more. */
const V2 = {
  ...later,
  version: 2,
  stages: [
    { id: 'all', from: '@pool', split: [{ id: 'all', to: '@reserve', share: '100%' }], rest: '@reserve' },
  ],
}
const V3 = { ...later, version: 3 }

const fee = (era: number, amount: bigint): Event => ({
  name: 'FeeCharged',
  id: `fee-${era}`,
  kind: 'fee',
  amount,
  occurredAt: ORIGIN + era * HOUR,
})

function rule(network: Network, json: object): void {
  network.policy = parsePolicy(json)
  network.policyHash = policyHash(json)
}

describe('what is due', () => {
  it('goes on becoming due under a version that pays it no more, and is paid by one that does again', async () => {
    const network = openNetwork(parsePolicy(V1), policyHash(V1))
    const due: Event = {
      name: 'ObligationDue',
      id: 'd1',
      account: 'bob',
      obligation: 'rent',
      amount: 401n,
      occurredAt: ORIGIN,
      spread: { from: ORIGIN, to: ORIGIN + 4 * HOUR },
    }
    const dueToBob = () => allAccounts(network).find(({ account }) => account === 'bob')?.dues.rent
    const first = await settleEra(network, 0, [due, fee(0, 60n)])
    expect(first.seal.lines.dues).toEqual({ rent: 60n })
    expect(dueToBob()).toBe(40n)
    rule(network, V2)
    expect((await settleEra(network, 1, [fee(1, 1_000n)])).seal.credits.total).toBe(0n)
    expect(dueToBob()).toBe(140n)
    await settleEra(network, 2, [])
    expect(dueToBob()).toBe(240n)
    rule(network, V3)
    const last = await settleEra(network, 3, [fee(3, 1_000n)])
    expect(last.seal.lines.dues).toEqual({ rent: 341n, rest: 659n })
    expect(last.seal.credits.total).toBe(341n)
    expect(dueToBob()).toBeUndefined()
    expect(last.seal).toMatchObject({ policyVersion: 3, policyHash: policyHash(V3) })
  })
})

describe('a version that follows', () => {
  const issues = (first: object, next: object) => checkSuccession(parsePolicy(first), parsePolicy(next))

  it.each<[string, object]>([
    ['other rules', V2],
    ['the genesis of version 1', { ...V2, genesis }],
    [
      'the same era in other words',
      { ...V2, era: { ...V1.era, every: 'PT60M', grace: 'P1D', lateness: 'PT1H' } },
    ],
  ])('may have %s', (_name, next) => {
    expect(issues(V1, next)).toEqual([])
  })

  const stays = (before: string, after: string) =>
    `it stays the same in every version: ${before}, got ${after}`

  it.each<[string, object, string, string]>([
    ['network', { network: 'another' }, 'network', stays('"versions"', '"another"')],
    ['asset', { asset: { symbol: 'U', decimals: 0 } }, 'asset.symbol', stays('"T"', '"U"')],
    ['decimals', { asset: { symbol: 'T', decimals: 1 } }, 'asset.decimals', stays('0', '1')],
    [
      'length of an era',
      { era: { ...V1.era, every: 'P1D' } },
      'era.every',
      stays('"3600000 ms"', '"86400000 ms"'),
    ],
    [
      'months for an era',
      { era: { ...V1.era, every: 'P1M' } },
      'era.every',
      stays('"3600000 ms"', '"1 months"'),
    ],
    [
      'beginning of the first era',
      { era: { ...V1.era, from: '2026-01-01T00:00:01Z' } },
      'era.from',
      stays(`${ORIGIN}`, `${ORIGIN + 1_000}`),
    ],
    ['clock', { era: { ...V1.era, clock: 'events' } }, 'era.clock', stays('"manual"', '"events"')],
    [
      'genesis',
      { genesis: { system: { '@reserve': '6' } } },
      'genesis',
      'a network begins once: it is left out, or that of version 1',
    ],
  ])('has no other %s', (_name, change, path, message) => {
    expect(issues(V1, { ...V2, ...change })).toEqual([{ path, message }])
  })

  it('does not count by blocks what was counted by time', () => {
    const era = { blocks: 10, from: 0, clock: 'manual' }
    expect(issues(V1, { ...V2, era }).map(({ path }) => path)).toEqual(['era.every', 'era.from'])
    expect(issues({ ...V1, era }, V2).map(({ path }) => path)).toEqual(['era.blocks', 'era.from'])
  })
})
