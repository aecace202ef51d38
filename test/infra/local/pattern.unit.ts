import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../infra/local/events/pattern.ts'

const EVENT = {
  source: 'exchange.eu',
  'detail-type': 'FeeCharged',
  detail: { metadata: { version: 1 }, data: { amount: 12, payer: 'Alice', tags: ['a', 'b'], note: null } },
}
const inData = (data: unknown) => ({ detail: { data } })

describe('event patterns', () => {
  it.each([
    ['exact values', { source: ['other', 'exchange.eu'], 'detail-type': ['FeeCharged'] }, true],
    ['a value that differs', { source: ['exchange'] }, false],
    ['prefix', { source: [{ prefix: 'exchange.' }] }, true],
    ['prefix without case', { source: [{ prefix: { 'equals-ignore-case': 'EXCHANGE' } }] }, true],
    ['suffix', { source: [{ suffix: '.us' }] }, false],
    ['wildcard', { source: [{ wildcard: 'ex*.eu' }] }, true],
    ['equals-ignore-case', inData({ payer: [{ 'equals-ignore-case': 'ALICE' }] }), true],
    ['anything-but a value', inData({ payer: [{ 'anything-but': ['Alice'] }] }), false],
    ['anything-but a prefix', inData({ payer: [{ 'anything-but': { prefix: 'B' } }] }), true],
    ['anything-but on an absent field', inData({ nobody: [{ 'anything-but': 'x' }] }), false],
    ['exists', inData({ payer: [{ exists: true }] }), true],
    ['exists false', inData({ nobody: [{ exists: false }] }), true],
    ['exists on a branch', { detail: { data: [{ exists: true }] } }, false],
    ['null', inData({ note: [null] }), true],
    ['a list in the event', inData({ tags: ['b'] }), true],
    ['numeric range', inData({ amount: [{ numeric: ['>', 10, '<=', 12] }] }), true],
    ['numeric equality', inData({ amount: [{ numeric: ['=', 13] }] }), false],
    ['a number is not a text', inData({ amount: ['12'] }), false],
    ['$or', { $or: [{ source: ['x'] }, inData({ amount: [12] })] }, true],
    ['$or of nothing that fits', { source: ['exchange.eu'], $or: [{ source: ['x'] }] }, false],
    ['all fields must match', { source: ['exchange.eu'], 'detail-type': ['Other'] }, false],
  ])('%s', (_what, pattern, expected) => {
    expect(compilePattern(pattern, 'Rule')(EVENT)).toBe(expected)
  })

  it('looks into lists of objects', () => {
    const matches = compilePattern(inData({ payer: ['Bob'] }), 'Rule')
    expect(matches(inData([{ payer: 'Alice' }, { payer: 'Bob' }]))).toBe(true)
  })

  it.each([
    ['an unknown operator', { source: [{ cidr: '10.0.0.0/8' }] }, /Rule.*cidr/],
    ['two operators in one', { source: [{ prefix: 'a', suffix: 'b' }] }, /one operator/],
    ['a bare value', { source: 'exchange' }, /must be an object or a list/],
  ])('refuses %s', (_what, pattern, message) => {
    expect(() => compilePattern(pattern, 'Rule')).toThrow(message)
  })
})
