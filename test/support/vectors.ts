import { readdirSync, readFileSync } from 'node:fs'
import type { EraResult } from '../../shared/domain/simulate.ts'
import type { SentEvent } from './events.ts'
import { type Json, presetJson } from './policies.ts'

/** A worked example: what goes in, and what every era must come to. */
export interface Vector {
  name: string
  policy: Json
  events: SentEvent[]
  until: string | number
  expected: EraResult[]
}

interface VectorFile {
  name: string
  policy: string | Json
  overrides?: Json
  genesis?: Json
  events: SentEvent[]
  until: string | number
  expected: EraResult[]
}

const FOLDER = new URL('../vectors/', import.meta.url)

/** Every worked example, with its preset, overrides and genesis put together. */
export function vectors(): Vector[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const file = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as VectorFile
      const preset = typeof file.policy === 'string' ? presetJson(file.policy) : file.policy
      const genesis = file.genesis === undefined ? {} : { genesis: file.genesis }
      const policy = { ...preset, ...file.overrides, ...genesis }
      return { ...file, policy: { ...policy, era: { ...((policy as Json).era as Json), clock: 'manual' } } }
    })
}
