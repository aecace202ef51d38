import { describe, expect, it } from 'vitest'
import { pageOf } from '../../../shared/domain/account.ts'
import { applyMoves } from '../../../shared/domain/moves.ts'
import { emptyPage } from '../../../shared/domain/page.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { type Network, openNetwork, settleEra } from '../../../shared/domain/settle.ts'
import { fee, metric } from '../../support/events.ts'
import { policyJson } from '../../support/policies.ts'

const json = policyJson()
const EVENTS = [fee('f1', 100n), metric('ann', 'work', 5n)]

/** What the era after does while this one is settled. */
function deposit({ pages }: Network, to: string): void {
  const moves = [{ move: 'transfer' as const, from: '@external', to, amount: 7n, why: 'deposit' }]
  const time = { label: 1, era: 1, at: 0, position: 0, sealedThrough: -1, settledTo: 0, freezes: false }
  for (const page of applyMoves([emptyPage(pageOf(to))], moves, time)) pages.set(page.page, page)
}

async function sealOf(before: (network: Network) => void) {
  const network = openNetwork(parsePolicy(json), policyHash(json))
  before(network)
  return (await settleEra(network, 0, EVENTS)).seal
}

describe('the seal of an era', () => {
  it('does not tell whether an account was made known by a command of the era after', async () => {
    const seal = await sealOf(() => undefined)
    expect(seal.counted).toEqual({ FeeCharged: 1, MetricReported: 1 })
    expect(await sealOf((network) => deposit(network, 'ann'))).toEqual(seal)
  })
})
