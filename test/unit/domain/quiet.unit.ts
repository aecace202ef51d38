import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { sealQuietRange } from '../../../shared/domain/quiet.ts'
import type { Network, SettledEra } from '../../../shared/domain/settle.ts'
import { settleEra } from '../../../shared/domain/settle.ts'
import { drawCase } from '../../differential/case.ts'
import { cost, fee, readSent } from '../../support/events.ts'
import { netPolicyJson, policyJson, split, toGroup } from '../../support/policies.ts'
import { type Settled, settle } from '../../support/settled.ts'

const QUIET_ERAS = 6

function quietAfter({ network, eras }: Pick<Settled, 'network' | 'eras'>, json: unknown) {
  const { policy, system } = network
  const at = { policy, policyVersion: policy.version, policyHash: policyHash(json), system }
  return sealQuietRange(at, eras.length, eras.length + QUIET_ERAS - 1)
}

const said = ({
  state,
  income,
  cost,
  net,
  draw,
  owed,
  lines,
  opening,
  system,
  credits,
}: SettledEra['seal']) => ({
  state,
  income,
  cost,
  net,
  draw,
  owed,
  lines,
  opening,
  system,
  credits,
})

async function settleAlone(network: Network, from: number, through: number): Promise<SettledEra[]> {
  const eras: SettledEra[] = []
  for (let era = from; era <= through; era += 1) eras.push(await settleEra(network, era, []))
  return eras
}

describe('a range of quiet eras', () => {
  it('says of each era what settling it alone says, and leaves the network as that does', async () => {
    let ranges = 0
    await fc.assert(
      fc.asyncProperty(fc.noShrink(fc.integer({ min: 1, max: 2 ** 30 })), async (seed) => {
        const drawn = drawCase(seed)
        const settled = await settle(drawn.policy, drawn.events.flatMap(readSent), drawn.eras)
        const quiet = quietAfter(settled, drawn.policy)
        if (quiet === undefined) return
        ranges += 1
        const { era, through, from, to } = quiet.seal
        expect(era).toBe(drawn.eras)
        const alone = await settleAlone(settled.network, era, through)
        for (const { seal, statements } of alone) {
          expect(said(seal)).toEqual(said(quiet.seal))
          expect(statements.flatMap(({ rows }) => rows).filter(({ credited }) => credited > 0n)).toEqual([])
        }
        expect([from, to]).toEqual([alone[0]?.seal.from, alone.at(-1)?.seal.to])
        const { sealHash: _, version: __, ...left } = settled.network.system
        const { sealHash: ___, version: ____, ...leftByRange } = quiet.system
        expect(leftByRange).toEqual(left)
      }),
      { numRuns: 250 },
    )
    expect(ranges).toBeGreaterThan(15)
  })

  it('given nothing to do, then all of it is one record', async () => {
    const quiet = quietAfter(await settle(policyJson(), [fee('f', 5n)]), policyJson())
    expect(quiet?.seal).toMatchObject({ era: 1, through: QUIET_ERAS, state: 'DISTRIBUTED', net: 0n })
  })

  it('given a carry, then it is carried through the range', async () => {
    const json = policyJson({ minimum: '10' })
    const quiet = quietAfter(await settle(json, [fee('f', 5n)]), json)
    expect(quiet?.seal).toMatchObject({
      through: QUIET_ERAS,
      state: 'CARRIED',
      net: 5n,
      system: { '@pool': 5n },
    })
  })

  const spread = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) }
  const ratable = policyJson({ income: { fee: { recognise: 'ratable' } } })
  const rolling = policyJson(toGroup({ metric: 'work' }, { ifEmpty: 'rollover' }))
  it.each([
    ['a spread goes on', ratable, [fee('f', 5n, { spread })]],
    ['costs are owed', netPolicyJson(), [cost('c', 5n, 'ann')]],
    ['a group holds something back', rolling, [fee('f', 5n)]],
  ])('given that %s, then there is none', async (_, json, events) => {
    expect(quietAfter(await settle(json, events), json)).toBeUndefined()
  })

  it('given what is still to vest, then there is none', async () => {
    const vesting = [
      {
        amount: '9',
        from: '2026-01-01T00:00:00Z',
        cliff: '2026-01-01T00:00:00Z',
        to: '2026-02-01T00:00:00Z',
      },
    ]
    const json = policyJson({ genesis: { accounts: { ann: { vesting } } } })
    expect(quietAfter(await settle(json, []), json)).toBeUndefined()
    expect(parsePolicy(json).genesis?.accounts.ann?.vesting).toHaveLength(1)
  })

  it('given that a group would have something that stays where it is for want of events, then there is none', async () => {
    const json = policyJson({
      stages: [split({ all: 'group:members 100%' }, { from: '@kept', rest: '@kept' })],
      groups: { members: { weight: { metric: 'staked' }, ifEmpty: '@kept' } },
      genesis: { system: { '@kept': '5' } },
    })
    expect(quietAfter(await settle(json, []), json)).toBeUndefined()
  })

  it('given money that a stage sends on, then the first era is settled, and what follows is quiet', async () => {
    const stages = [
      { id: 'pool', from: '@pool', split: [{ id: 'all', to: '@a', share: '100%' }], rest: '@a' },
      { id: 'next', from: '@a', split: [{ id: 'half', to: '@b', share: '50%' }], rest: '@b' },
    ]
    const json = policyJson({ stages })
    const settled = await settle(json, [fee('f', 5n)])
    expect(quietAfter(settled, json)?.seal).toMatchObject({
      era: 1,
      through: QUIET_ERAS,
      system: { '@b': 5n },
    })
  })
})
