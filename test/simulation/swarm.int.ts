import { beforeAll, describe, expect, it } from 'vitest'
import { runOne } from './one.ts'
import { loadProduct, type Product } from './simulation.ts'

let product: Product

beforeAll(async () => {
  product = await loadProduct()
})

describe('a network in which anything may go wrong', () => {
  it('settles right once nothing goes wrong any more, whatever did before', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { wrong } = await runOne(product, seed)
      expect({ seed, wrong }).toEqual({ seed, wrong: [] })
    }
  }, 60_000)

  it('does the same again with the same seed', async () => {
    const [first, second] = [await runOne(product, 7), await runOne(product, 7)]
    expect(second.trace.hash).toBe(first.trace.hash)
    expect(second.faults).toEqual(first.faults)
  })
})
