import fc from 'fast-check'
import { expect, it } from 'vitest'
import { lastPlaceAt, placeAt } from '../../../shared/domain/place.ts'

const moment = fc.integer({ min: 0, max: 8_640_000_000_000_000 })
const id = fc.stringMatching(/^[A-Za-z0-9:._~-]{1,20}$/)

it('places stand in the order of time, and before the last place of their moment', () => {
  fc.assert(
    fc.property(moment, moment, id, id, (a, b, x, y) => {
      if (a < b) expect(placeAt(a, x) < placeAt(b, y) && lastPlaceAt(a) < placeAt(b, y)).toBe(true)
      expect(placeAt(a, x) < lastPlaceAt(a)).toBe(true)
    }),
  )
})
