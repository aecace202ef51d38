import { expect, it } from 'vitest'
import { operations } from '../../shared/api/operations.ts'
import { EVENT_NAMES } from '../../shared/events/contracts.ts'
import { fuzz } from './fuzz.ts'

/** What `npm run fuzz` does, as much of it as every change has to bear. */
const CASES = 5_000

it('every route and every kind of event bears what nobody means well: nothing breaks, is lost or told', async () => {
  const { tried, done, slowestMs } = await fuzz({ seed: 1, cases: CASES })
  expect(Object.keys(tried).sort()).toEqual([...Object.keys(operations), ...EVENT_NAMES].sort())
  // Refusals alone would prove little: every route has also done what it is for.
  expect(Object.keys(done).sort()).toEqual(Object.keys(operations).sort())
  expect(slowestMs).toBeLessThan(1_000)
}, 900_000)
