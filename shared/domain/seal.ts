import type { Account } from './account.ts'
import type { HeldPlan, Plan } from './plan.ts'

/** An era's final record. Never changes; `hash` covers everything else in it, `previousHash` chains it to the last. */
export interface Seal {
  era: number
  /** Last era of a run of eras in which nothing moved; equal to `era` for any other. */
  through: number
  from: number
  to: number
  state: Plan['state']
  policyVersion: number
  policyHash: string
  income: Plan['income']
  cost: Plan['cost']
  net: bigint
  draw?: bigint
  owed?: bigint
  /** Only where the state is HELD: how much waits, and the figures that broke the bounds. */
  held?: Pick<HeldPlan, 'amount' | 'because'>
  decided?: Plan['decided']
  lines: Plan['lines']
  credits: { total: bigint; accounts: number; largest: { account: Account; amount: bigint }[] }
  opening: Record<Account, bigint>
  system: Record<Account, bigint>
  postings: Plan['postings']
  counted: Plan['counted']
  late: number
  streams: Plan['streams']
  releaseAt: number
  eventsDigest: string
  statementsDigest: string
  previousHash: string
  hash: string
}
