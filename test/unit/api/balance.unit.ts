import { describe, expect, it } from 'vitest'
import { readBalance } from '../../../shared/api/balance.ts'
import { balanceResponse } from '../../../shared/api/contracts/accounts.ts'
import { HOUR, ORIGIN, settled } from './settled-network.ts'

/** Era 0: profit 970, half of it to ann and bob by 10 and 20. Era 1: profit 1,963, half of it by 30 and 7. */
const ANN_0 = 485n / 3n

async function balanceOf(network: Awaited<ReturnType<typeof settled>>, account: string) {
  const answer = await readBalance(network.reader, { account })
  expect(balanceResponse.parse(answer)).toEqual(answer)
  const { available, pending, total, earned } = answer
  expect(BigInt(available.amount) + BigInt(pending.amount)).toBe(BigInt(total.amount))
  return {
    ...answer,
    available: available.amount,
    pending: pending.amount,
    total: total.amount,
    earned: earned.amount,
  }
}

describe('a balance', () => {
  it('reads one item once the instance knows the network', async () => {
    const network = await settled()
    await balanceOf(network, 'bob')
    network.clock.advancedTo = ORIGIN + 10 * HOUR
    await balanceOf(network, 'bob')
    network.reads.length = 0
    await balanceOf(network, 'bob')
    expect(network.reads).toEqual(['page'])
  })

  it('holds back a credit until its release time, by the network clock', async () => {
    const network = await settled()
    network.clock.advancedTo = ORIGIN + 4 * HOUR - 1
    const before = await balanceOf(network, 'ann')
    expect(before).toMatchObject({ pendingCredits: [{ era: 1, releaseAt: '2026-01-01T04:00:00Z' }] })
    network.clock.advancedTo = ORIGIN + 4 * HOUR
    const after = await balanceOf(network, 'ann')
    expect(after).toMatchObject({ available: before.total, pending: '0', pendingCredits: [] })
    expect(after.total).toBe(before.total)
  })

  it('holds back a credit until its era is sealed, although its time has come', async () => {
    const network = await settled()
    network.clock.advancedTo = ORIGIN + 100 * HOUR
    network.state.sealedThrough = 0
    const before = await balanceOf(network, 'ann')
    expect(before.pendingCredits.map(({ era }) => era)).toEqual([1])
    expect(before.asOf).toEqual({ sealedThrough: 0 })
    network.state.sealedThrough = 2
    const after = await balanceOf(network, 'ann')
    expect(after).toMatchObject({ pending: '0', available: before.total, asOf: { sealedThrough: 2 } })
  })

  it('reads the page again after a newer STATE, so that it has every credit it claims to have', async () => {
    const network = await settled()
    network.state.sealedThrough = 0
    await network.reader.network.known()
    network.state.sealedThrough = 2
    network.reads.length = 0
    await balanceOf(network, 'ann')
    expect(network.reads).toEqual(['page', 'state', 'clock', 'page'])
  })

  it('is what the era credited, costs paid back included', async () => {
    const network = await settled()
    const bob = await balanceOf(network, 'bob')
    const total = BigInt(bob.total)
    expect([20n + 485n - ANN_0, 20n + 485n - ANN_0 - 1n]).toContain(total)
    expect(bob.earned).toBe(bob.total)
    expect(bob.paid.amount).toBe('0')
    expect(bob.paid.asset).toBe('DOT18')
  })

  it('of an account that was never seen is a problem naming it', async () => {
    const network = await settled()
    await expect(readBalance(network.reader, { account: 'nobody' })).rejects.toMatchObject({
      code: 'UnknownAccount',
      message: expect.stringContaining('"nobody"'),
    })
  })
})
