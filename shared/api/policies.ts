import type * as z from 'zod'
import { InvalidPolicyError, type PolicyIssue, parsePolicy, policyHash } from '../domain/policy/policy.ts'
import type { Policy } from '../domain/policy/schema.ts'
import { checkSuccession } from '../domain/policy/succession.ts'
import { stateOf } from '../settlement/network.ts'
import type {
  NetworkState,
  PolicyStore,
  PolicyWriter,
  StateStore,
  StoredPolicy,
} from '../settlement/ports.ts'
import { versionsFrom } from '../settlement/versions.ts'
import type { policyInForceResponse, policyPutBody, policyResponse } from './contracts/network.ts'
import type { Reader } from './network.ts'
import { ProblemError } from './problems.ts'

type Response = z.output<typeof policyResponse>

/** Versions that may wait for their era at a time: readers of the newest go through all of them. */
const MAX_PENDING = 10

/** How often STATE may change while a version is being stored, before whoever stores it has to ask again. */
const MAX_RACES = 5

/** The policy that rules the open era, and the versions that wait for theirs. */
export async function readPolicy({ network }: Reader): Promise<z.output<typeof policyInForceResponse>> {
  const { policy, pending } = await network.known()
  return { ...present(policy), pending: pending.map(present) }
}

/** One policy version as it was written. Throws `UnknownPolicyVersion`. */
export async function readPolicyVersion({ network }: Reader, { n }: { n: number }): Promise<Response> {
  return present(await network.policy(n))
}

/** What storing a policy version needs of the table; reads are strongly consistent. */
export interface PolicyBooks {
  state: Pick<StateStore, 'read'>
  policies: PolicyStore & PolicyWriter
}

/**
 * Stores the next policy version, effective from an era that is still to come. The very same again answers with what
 * is stored. Whoever may do it has the scope `policy:write`; what `governance` of a policy says of changes will take
 * its place, and does not bind it yet.
 *
 * A version never changes an era that has started, whatever races: it is written in one transaction with STATE, on the
 * condition that the era is not open there, and nothing but STATE opens an era.
 * Throws `InvalidPolicy` with every path that breaks a rule, `EraStarted`, `TooManyPending`, `StoreBusy`, `NetworkNotOpen`.
 */
export async function putPolicy(
  books: PolicyBooks,
  { body: { policy: json, effectiveFrom } }: { body: z.output<typeof policyPutBody> },
): Promise<Response> {
  const policy = parsePolicy(json)
  const next = { version: policy.version, effectiveFrom, hash: policyHash(json), json, policy }
  for (let races = 0; races < MAX_RACES; races += 1) {
    const state = await stateOf(books)
    const stored = await storedSame(books, state, next)
    if (stored) return present(stored)
    await checkNext(books, state, next)
    if (await books.policies.add(next)) return present(next)
  }
  throw new ProblemError(
    'StoreBusy',
    `eras and versions changed ${MAX_RACES} times while the policy was stored`,
  )
}

async function storedSame(
  { policies }: PolicyBooks,
  { policyVersion }: NetworkState,
  next: StoredPolicy,
): Promise<StoredPolicy | undefined> {
  if (next.version > policyVersion) return undefined
  const stored = await policies.read(next.version)
  return stored.hash === next.hash && stored.effectiveFrom === next.effectiveFrom ? stored : undefined
}

/** Throws unless `next` may follow what is stored. */
async function checkNext(
  { policies }: PolicyBooks,
  { policyVersion, openEra }: NetworkState,
  { policy, effectiveFrom }: StoredPolicy,
): Promise<void> {
  const read = (version: number) => policies.read(version)
  const issues = [
    ...checkVersion(policy, policyVersion + 1),
    ...checkSuccession((await read(1)).policy, policy),
  ]
  if (issues.length > 0) throw new InvalidPolicyError(issues)
  if (effectiveFrom <= openEra) {
    throw new ProblemError(
      'EraStarted',
      `a version is effective from an era that is still to come: era ${openEra} is open, got effectiveFrom ${effectiveFrom}`,
    )
  }
  const [, ...pending] = await versionsFrom(read, policyVersion, openEra)
  const last = pending.at(-1)
  if (last && effectiveFrom <= last.effectiveFrom) {
    const message = `it is above that of the version before: version ${last.version} is effective from era ${last.effectiveFrom}, got ${effectiveFrom}`
    throw new InvalidPolicyError([{ path: 'effectiveFrom', message }])
  }
  if (pending.length >= MAX_PENDING)
    throw new ProblemError(
      'TooManyPending',
      `at most ${MAX_PENDING} versions wait for their era: ${pending.length} do`,
    )
}

function checkVersion({ version }: Policy, next: number): PolicyIssue[] {
  if (version === next) return []
  return [
    { path: 'version', message: `versions are numbered without gaps: the next is ${next}, got ${version}` },
  ]
}

function present(stored: StoredPolicy): Response {
  return {
    version: stored.version,
    hash: stored.hash,
    effectiveFromEra: stored.effectiveFrom,
    policy: stored.json as Response['policy'],
  }
}
