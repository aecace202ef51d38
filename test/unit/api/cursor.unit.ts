import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCursor, readEraCursor, writeCursor } from '../../../shared/api/cursor.ts'

const list = fc.string({ maxLength: 40 })
const key = fc.string({ maxLength: 200, unit: 'grapheme' })

describe('cursors', () => {
  it('give back the key they were written with', () => {
    fc.assert(fc.property(list, key, (list, key) => readCursor(list, writeCursor(list, key)) === key))
  })

  it('need no escaping in a query', () => {
    fc.assert(fc.property(list, key, (list, key) => /^[A-Za-z0-9_-]+$/.test(writeCursor(list, key))))
  })

  it('of another list are refused', () => {
    fc.assert(
      fc.property(list, list, key, (list, other, key) => {
        fc.pre(list !== other)
        expect(() => readCursor(other, writeCursor(list, key))).toThrow(/same list/)
      }),
    )
  })

  it('with any one character changed are refused', () => {
    fc.assert(
      fc.property(list, key, fc.nat(), fc.constantFrom(...'AZaz09_-!.='), (list, key, at, letter) => {
        const cursor = writeCursor(list, key)
        const tampered = cursor.slice(0, at % cursor.length) + letter + cursor.slice((at % cursor.length) + 1)
        fc.pre(tampered !== cursor)
        expect(() => readCursor(list, tampered)).toThrow(/same list/)
      }),
    )
  })

  it('that are any text at all are refused, naming it', () => {
    fc.assert(
      fc.property(list, fc.string(), (list, text) => {
        expect(() => readCursor(list, text)).toThrow(JSON.stringify(text))
      }),
    )
  })

  it.each(['', '-1', '1.5', 'x', ' '])('of eras refuse a key that is no era: %j', (key) => {
    expect(() => readEraCursor('eras', writeCursor('eras', key))).toThrow(/same list/)
  })
})
