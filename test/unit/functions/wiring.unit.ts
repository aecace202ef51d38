import { afterEach, expect, it, vi } from 'vitest'
import { once, setting, wholeSetting } from '../../../functions/middleware/wiring.ts'

afterEach(() => vi.unstubAllEnvs())

it('makes adapters at the first call, once', () => {
  const make = vi.fn(() => undefined)
  const wiring = once(make)
  expect(make).not.toHaveBeenCalled()
  wiring()
  wiring()
  expect(make).toHaveBeenCalledOnce()
})

it('tries again when making them failed', () => {
  const make = vi.fn().mockImplementationOnce(() => {
    throw new Error('not yet')
  })
  const wiring = once(make)
  expect(wiring).toThrow('not yet')
  expect(wiring).not.toThrow()
})

it('names a setting that is missing, or not what it must be', () => {
  vi.stubEnv('TABLE_NAME', '')
  expect(() => setting('TABLE_NAME')).toThrow(
    'the environment variable TABLE_NAME must be set for this function',
  )
  for (const wrong of ['', '1.5', '-1', 'ten', '1e3', '12345678901']) {
    vi.stubEnv('FENCE_SECONDS', wrong)
    expect(() => wholeSetting('FENCE_SECONDS'), wrong).toThrow('FENCE_SECONDS')
  }
  vi.stubEnv('FENCE_SECONDS', '20')
  expect(wholeSetting('FENCE_SECONDS')).toBe(20)
})
