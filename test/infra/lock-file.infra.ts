import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

interface Entry {
  optionalDependencies?: Record<string, string>
}

const { packages } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8'),
) as {
  packages: Record<string, Entry>
}

/**
 * Tools ship a package for each platform. An install from a registry that lacks some of them drops their entries from
 * the lock file, and npm ci then refuses it everywhere.
 */
it('the lock file knows every platform of every tool, so that npm ci takes it', () => {
  const missing = Object.entries(packages)
    .filter(([path]) => path !== '')
    .flatMap(([, { optionalDependencies = {} }]) => Object.keys(optionalDependencies))
    .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)))
  expect(missing.filter((name) => !OTHER.has(name))).toEqual([])
})

/** Optional, but of no platform: npm ci does not ask for it. */
const OTHER = new Set(['graceful-fs'])
