import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartupError } from '../stack/values.ts'

/** Holds the process id of the host that works in the folder. */
const LOCK = 'host.lock'

/**
 * Makes a data folder and keeps other hosts out of it: two engines on one database file would each believe in their own.
 * Answers with what gives it free again. A lock that a killed host left behind counts for nothing.
 * @throws StartupError when another host works there.
 */
export function claimDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, LOCK)
  const holder = holderOf(path)
  if (holder !== undefined) {
    throw new StartupError(
      `Another host (process ${holder}) works in ${dataDir}: stop it, or name another folder.`,
    )
  }
  rmSync(path, { force: true })
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
  } catch (cause) {
    throw new StartupError(
      `Another host has just begun to work in ${dataDir}: stop it, or name another folder.`,
      { cause },
    )
  }
  return () => rmSync(path, { force: true })
}

/** Process id of a host that still runs; undefined when there is no lock, or its host has ended. */
function holderOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    process.kill(pid, 0)
    return pid
  } catch {
    return undefined
  }
}
