import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import type { PolicyFile } from '../policy-file.ts'
import { needsOf } from './needs.ts'
import { Random } from './random.ts'
import { SAMPLE_SEED, sampleParticipants } from './sample.ts'

/** A policy that the sample can run on, and in what it differs from the one that was given. */
export interface FittedPolicy {
  json: unknown
  policy: Policy
  /** In words, for the person who gave the policy; empty when it runs as it is. */
  changes: string[]
}

/**
 * Fits a policy for a run of a few seconds: months cannot pass on a wall clock, so that becomes a manual one; and where
 * accounts are weighed by balance and nobody begins with any, the sample's participants are given some.
 */
export function fitForSample({ json, policy }: Pick<PolicyFile, 'json' | 'policy'>): FittedPolicy {
  const changes: string[] = []
  const fitted = structuredClone(json) as { era: { clock: string }; genesis?: { accounts?: object } }
  if (policy.era.clock === 'wall') {
    fitted.era.clock = 'manual'
    changes.push('its wall clock is a manual one here, so that three eras do not take as long as they say')
  }
  const weighsBalance = needsOf(policy).some(({ balance }) => balance)
  if (weighsBalance && Object.keys(policy.genesis?.accounts ?? {}).length === 0) {
    fitted.genesis = { ...fitted.genesis, accounts: balances(policy) }
    changes.push('it weighs by balance and nobody has any, so the participants begin with some')
  }
  return changes.length === 0
    ? { json, policy, changes }
    : { json: fitted, policy: parsePolicy(fitted), changes }
}

function balances({ asset }: Policy): Record<string, { balance: string }> {
  const random = new Random(SAMPLE_SEED)
  const unit = 10n ** BigInt(asset.decimals)
  return Object.fromEntries(
    sampleParticipants().map((account) => [
      account,
      { balance: (random.between(1n, 100n) * unit).toString() },
    ]),
  )
}
