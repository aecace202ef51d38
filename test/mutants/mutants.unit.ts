import { existsSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withBug } from './mutant.ts'
import { MUTANTS } from './mutants.ts'

const ROOT = join(import.meta.dirname, '../..')

describe.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('the bug %s', (_, mutant) => {
  it('can be planted, and names tests that are there', () => {
    const text = readFileSync(join(ROOT, mutant.file), 'utf8')
    const bugged = withBug(text, mutant)
    expect(bugged).not.toBe(text)
    expect(() => stripTypeScriptTypes(bugged)).not.toThrow()
    expect(mutant.tests).not.toEqual([])
    expect(mutant.tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([])
  })
})

it('each bug has a name of its own, and there are enough of them', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  expect(MUTANTS.length).toBeGreaterThanOrEqual(45)
})
