import { hash } from 'node:crypto'
import { isOutside } from './account.ts'
import { assertInvariant } from './errors.ts'
import { add, sum } from './money.ts'
import { ACCOUNTS, type Plan, type Posting, type SystemState } from './plan.ts'
import { canonicalJson } from './policy/policy.ts'
import type { Seal } from './seal.ts'
import { largest } from './share.ts'
import type { CreditTotals } from './statement.ts'

/**
 * Makes an era's final record from its plan and what every partition was credited, and checks, before anything can
 * be spent, that each payment reached the accounts to the unit and that each system account adds up. Throws
 * `InvariantBroken` saying what does not.
 */
export function makeSeal(plan: Plan, credits: readonly CreditTotals[]): { seal: Seal; system: SystemState } {
  assertPaid(plan, credits)
  const overflow: Posting[] = []
  const system = { ...plan.closing }
  for (const { why, cap } of plan.payments) {
    if (!cap) continue
    const amount = sum(credits.map((credit) => credit.overflow[cap.overflowTo] ?? 0n))
    if (amount === 0n || overflow.some(({ to }) => to === cap.overflowTo)) continue
    overflow.push({ from: ACCOUNTS, to: cap.overflowTo, amount, why: `${why}.cap` })
    add(system, cap.overflowTo, amount)
  }
  const postings = [...plan.postings, ...overflow]
  const owed = sum(credits.map((credit) => credit.owed))
  const body: Omit<Seal, 'hash'> = {
    era: plan.era,
    through: plan.era,
    from: plan.from,
    to: plan.to,
    state: plan.state,
    policyVersion: plan.policyVersion,
    policyHash: plan.policyHash,
    income: plan.income,
    cost: plan.cost,
    net: plan.net,
    ...(plan.loss ? { draw: plan.loss.draw, owed: plan.loss.owed } : {}),
    ...(plan.decided ? { decided: plan.decided } : {}),
    ...(plan.held ? { held: { amount: plan.held.amount, because: plan.held.because } } : {}),
    lines: plan.lines,
    credits: {
      total: sum(credits.map(({ credited }) => credited)),
      accounts: credits.reduce((count, { accounts }) => count + accounts, 0),
      largest: largest(credits.flatMap((credit) => credit.largest)),
    },
    opening: plan.opening,
    system: sorted(system),
    postings,
    counted: plan.counted,
    late: plan.late,
    streams: plan.streams,
    releaseAt: plan.releaseAt,
    eventsDigest: plan.eventsDigest,
    statementsDigest: hash('sha256', credits.map(({ digest }) => digest).join('\n'), 'hex'),
    previousHash: plan.previousHash,
  }
  if (plan.loss)
    assertInvariant(
      owed === plan.loss.owed,
      () => `${owed} is owed to accounts, ${plan.loss?.owed} by the plan`,
    )
  assertBalanced(body)
  const seal = { ...body, hash: sealHash(body) }
  return { seal, system: systemAfter(plan, seal) }
}

/** sha-256 of the seal's canonical JSON without its hash, in hex. */
export function sealHash(seal: Omit<Seal, 'hash'> & { hash?: string }): string {
  const { hash: _, ...body } = seal
  return hash('sha256', canonicalJson(body), 'hex')
}

/** What the network's own accounts hold once `seal` stands. */
export function systemAfter(plan: Plan, seal: Seal): SystemState {
  return {
    version: plan.systemVersion + 1,
    balances: seal.system,
    history: plan.history,
    latest: plan.latest,
    sealHash: seal.hash,
    unfinished: plan.unfinished,
  }
}

/** Every payment of the plan reached the accounts, to the unit. */
function assertPaid(plan: Plan, credits: readonly CreditTotals[]): void {
  const planned: Record<string, bigint> = {}
  for (const { from, to, amount, why } of plan.postings) {
    if (to === ACCOUNTS) add(planned, why, amount)
    if (from === ACCOUNTS) add(planned, why, -amount)
  }
  const paid: Record<string, bigint> = {}
  for (const credit of credits)
    for (const [why, amount] of Object.entries(credit.paid)) add(paid, why, amount)
  for (const why of new Set([...Object.keys(planned), ...Object.keys(paid)])) {
    const [wanted, got] = [planned[why] ?? 0n, paid[why] ?? 0n]
    assertInvariant(wanted === got, () => `era ${plan.era}: ${why} pays ${wanted}, statements say ${got}`)
  }
}

/** Per account: opening + what came in - what went out = closing. In sum: with external income, charges, and credits. */
function assertBalanced(seal: Omit<Seal, 'hash'>): void {
  const flows: Record<string, bigint> = { ...seal.opening }
  for (const { from, to, amount } of seal.postings) {
    add(flows, from, -amount)
    add(flows, to, amount)
  }
  const credited = flows[ACCOUNTS] ?? 0n
  assertInvariant(
    credited === seal.credits.total,
    () => `era ${seal.era}: postings credit ${credited}, statements ${seal.credits.total}`,
  )
  for (const account of new Set([...Object.keys(flows), ...Object.keys(seal.system)])) {
    if (account === ACCOUNTS || isOutside(account)) continue
    const [wanted, got] = [flows[account] ?? 0n, seal.system[account] ?? 0n]
    assertInvariant(wanted === got, () => `era ${seal.era}: ${account} should hold ${wanted}, holds ${got}`)
  }
}

function sorted(balances: Record<string, bigint>): Record<string, bigint> {
  const held = Object.entries(balances).filter(([, balance]) => balance !== 0n)
  return Object.fromEntries(held.sort(([a], [b]) => (a < b ? -1 : 1)))
}
