import type * as z from 'zod'
import type { StoredPolicy } from '../settlement/ports.ts'
import type { policyResponse } from './contracts/network.ts'
import type { Reader } from './network.ts'

type Response = z.output<typeof policyResponse>

/** The policy in force. */
export async function readPolicy({ network }: Reader): Promise<Response> {
  return present((await network.known()).policy)
}

/** One policy version as it was written. Throws `UnknownPolicyVersion`. */
export async function readPolicyVersion({ network }: Reader, { n }: { n: number }): Promise<Response> {
  return present(await network.policy(n))
}

function present(stored: StoredPolicy): Response {
  return {
    version: stored.version,
    hash: stored.hash,
    effectiveFromEra: stored.effectiveFrom,
    policy: stored.json as Response['policy'],
  }
}
