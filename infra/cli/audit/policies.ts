import { policyKey, stateKey } from '../../../shared/store/keys.ts'
import { canonical, hex } from './arithmetic.ts'
import type { Findings } from './finding.ts'
import { nameOf, type Reading } from './reading.ts'
import { type RawPolicy, type Rules, rulesOf } from './rules.ts'

/** The policy versions of a network, ascending. */
export class Policies {
  readonly versions: Rules[]

  constructor(versions: Rules[]) {
    this.versions = versions
  }

  /** The version that rules an era. */
  of(era: number): Rules {
    const ruling = this.versions.findLast(({ effectiveFrom }) => effectiveFrom <= era)
    if (ruling) return ruling
    throw new Error(`no policy version rules era ${era}`)
  }

  /** The first version: calendar and genesis are the same in all. */
  get first(): Rules {
    return this.of(0)
  }
}

interface Stored {
  version: number
  effectiveFrom: number
  hash: string
  text: string
}

/** Invariant 4: a policy version is what its hash says, and versions follow each other without gaps. */
export function readPolicies(reading: Reading, findings: Findings): Policies {
  const versions: Rules[] = []
  for (const [sk, item] of reading.all(policyKey(1).pk)) {
    const place = { item: nameOf({ pk: policyKey(1).pk, sk }) }
    const stored = reading.valueOf<Stored>(item)
    if (!stored) continue
    findings.guard('policies', place, () => {
      const { version, effectiveFrom, hash, text } = stored
      const raw = JSON.parse(text) as RawPolicy
      const before = versions.at(-1)
      findings.equal('policies', place, 'the version under this key', policyKey(version).sk, sk)
      findings.equal(
        'policies',
        place,
        'the version after the one before',
        (before?.version ?? 0) + 1,
        version,
      )
      findings.equal('policies', place, `the hash of policy version ${version}`, hex(canonical(raw)), hash)
      if (before ? effectiveFrom <= before.effectiveFrom : effectiveFrom !== 0)
        findings.say(
          'policies',
          place,
          `version ${version} rules from era ${effectiveFrom}, not after the one before`,
        )
      versions.push(rulesOf(raw, { version, effectiveFrom, hash }))
    })
  }
  const state = reading.get(stateKey)
  if (state && Number(state.policyVersion?.N) !== versions.length) {
    const newest = state.policyVersion?.N
    findings.say(
      'policies',
      {},
      `STATE names version ${newest} as the newest, and ${versions.length} are stored`,
    )
  }
  if (versions.length === 0) findings.say('policies', {}, 'the table has no policy that can be read')
  return new Policies(versions)
}
