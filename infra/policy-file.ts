import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ExchequerError } from '../shared/domain/errors.ts'
import { parsePolicy } from '../shared/domain/policy/policy.ts'
import type { Policy } from '../shared/domain/policy/schema.ts'

const PRESETS = join(import.meta.dirname, '../shared/policies')

/** A policy as it is shipped, and as it was understood. */
export interface PolicyFile {
  path: string
  json: unknown
  policy: Policy
}

/**
 * Reads and checks a policy: a preset's name ("magnet") or a path to a JSON file. Throws `PolicyFileMissing`,
 * `PolicyFileUnreadable`, or `InvalidPolicy` with the path and rule of every mistake.
 */
export function readPolicyFile(nameOrPath: string): PolicyFile {
  const path = [join(PRESETS, `${nameOrPath}.json`), resolve(nameOrPath)].find((candidate) =>
    existsSync(candidate),
  )
  if (path === undefined) {
    throw new ExchequerError(
      'PolicyFileMissing',
      `a policy is a preset's name or a file: there is no ${JSON.stringify(nameOrPath)}`,
    )
  }
  const json = parseJson(path)
  return { path, json, policy: parsePolicy(json) }
}

function parseJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new ExchequerError('PolicyFileUnreadable', `${path} must hold JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
}
