import { hash } from 'node:crypto'
import type { Account } from './account.ts'
import { noFacts, type OpenSpread, type PartitionFacts } from './facts.ts'
import { countFee, divideFee } from './income.ts'
import { add } from './money.ts'
import type { AccountState, OutboxFact } from './page.ts'
import { canonicalJson } from './policy/policy.ts'
import type { Policy } from './policy/schema.ts'
import { type CommandTotals, noCommandTotals } from './weights.ts'

/** What commands told an era about the accounts of one partition. */
export interface Told {
  /** Stands beside what the shards have counted for the partition. */
  facts: PartitionFacts
  totals: CommandTotals
  /** How many facts of each account were taken. */
  taken: ReadonlyMap<Account, number>
}

/**
 * Takes of every outbox the facts labelled up to `era`. A charge is a fee of its kind by the era's policy, a due an
 * obligation due; neither their order nor that of the accounts says anything. Source of the rule: design, Exactly
 * once, 5, and policy language, "One era", 1.
 */
export function takeOutboxes(policy: Policy, era: number, accounts: readonly AccountState[]): Told {
  const told = { facts: noFacts(), totals: noCommandTotals(), taken: new Map<Account, number>() }
  const digests: string[] = []
  for (const { account, outbox } of accounts) {
    const facts = outbox
      .filter((fact) => fact.era <= era)
      .map((fact) => ({ fact, text: canonicalJson(fact) }))
    if (facts.length === 0) continue
    told.taken.set(account, facts.length)
    for (const { fact, text } of facts.sort((a, b) => (a.text < b.text ? -1 : 1))) {
      digests.push(hash('sha256', `${account}\n${text}`, 'hex'))
      note(policy, told, account, fact)
    }
  }
  told.totals.facts = digests.length
  if (digests.length > 0) told.totals.digest = hash('sha256', digests.sort().join('\n'), 'hex')
  return told
}

function note(policy: Policy, { facts, totals }: Told, account: Account, fact: OutboxFact): void {
  switch (fact.of) {
    case 'Charge': {
      const parts = divideFee(policy, fact)
      countFee(totals.income, fact, parts)
      if (parts.rest > 0n) add(totals.rests, parts.restTo, parts.rest)
      facts.fees.push({ account, amount: fact.amount })
      if (parts.deferred)
        facts.spreads.push(opened(account, fact, fact.kind, parts.admitted, fact.refundTo ?? parts.restTo))
      return
    }
    case 'Due':
      if (fact.spread) facts.spreads.push(opened(account, fact, fact.obligation, fact.amount, account))
      else facts.dues.push({ account, obligation: fact.obligation, amount: fact.amount })
      return
    case 'Slash':
      add(totals.slashed, fact.to, fact.amount)
      return
    case 'ChargeEnded':
    case 'DueEnded':
      facts.endings.push({
        of: fact.of === 'ChargeEnded' ? 'Charge' : 'Due',
        id: spreadId(account, fact.id),
        at: fact.at,
        by: '',
        occurredAt: fact.at,
        ...(fact.refundTo !== undefined && { refundTo: fact.refundTo }),
        ...(fact.keep !== undefined && { keep: fact.keep }),
      })
  }
}

function opened(
  account: Account,
  { of, id, spread }: Extract<OutboxFact, { of: 'Charge' | 'Due' }>,
  kind: string,
  amount: bigint,
  paysTo: Account,
): OpenSpread {
  const { from, to } = spread as NonNullable<typeof spread>
  return { of, id: spreadId(account, id), account: paysTo, kind, amount, recognised: 0n, from, to }
}

/** Ids of facts are those of one account; a name of an account has no space. */
function spreadId(account: Account, id: string): string {
  return `${account} ${id}`
}
