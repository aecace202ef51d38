import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { claimDataDir } from '../../../infra/local/engine/data-dir.ts'

const folder = mkdtempSync(join(tmpdir(), 'exchequer-data-'))
afterAll(() => rmSync(folder, { recursive: true }))

it('a data folder has one host at a time, and is free again when that has ended', () => {
  const release = claimDataDir(folder)
  expect(() => claimDataDir(folder)).toThrow(`process ${process.pid}`)
  release()
  claimDataDir(folder)()
})

it('a lock that a killed host left behind counts for nothing', () => {
  // No process has the greatest id there is.
  writeFileSync(join(folder, 'host.lock'), '4194304')
  claimDataDir(folder)()
})
