import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

it('is handed the clock, and asks it nothing: a warm function would stay at the time of its first call', () => {
  const folder = join(import.meta.dirname, '../../../functions')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  const text = (file: string): string => readFileSync(join(folder, file), 'utf8')
  expect(files.filter((file) => /\bDate\.now\b/.test(text(file))).length).toBeGreaterThan(10)
  expect(files.filter((file) => /\bDate\.now\(|\bDate\(/.test(text(file)))).toEqual([])
})
