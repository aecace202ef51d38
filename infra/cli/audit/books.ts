import type { Plan } from '../../../shared/domain/plan.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import {
  Amounts,
  canonical,
  hex,
  isSystem,
  namesOf,
  pageNumber,
  partitionOfPage,
  sha256,
  total,
} from './arithmetic.ts'
import type { Findings } from './finding.ts'
import type { Fact } from './journal.ts'
import type { CountedEra } from './log.ts'

/** Sides of a posting that hold nothing: the world outside, and what commands took from accounts. */
const OUTSIDE = new Set(['@external', '@charged'])
const ACCOUNTS = 'accounts'

/** What a seal repeats of its plan. */
const OF_THE_PLAN = [
  'era',
  'from',
  'to',
  'state',
  'policyVersion',
  'policyHash',
  'income',
  'cost',
  'net',
  'lines',
  'opening',
  'counted',
  'late',
  'streams',
  'releaseAt',
  'eventsDigest',
  'previousHash',
  'decided',
] as const

/**
 * Invariant 3, of the network's own accounts: before + what came in = after + credits, for each account and in sum;
 * and the seal is that of its plan.
 */
export function checkBooks(
  seal: Seal,
  plan: Plan | undefined,
  facts: readonly Fact[],
  findings: Findings,
): void {
  const { era } = seal
  const flows = Amounts.from(seal.opening)
  let [external, charged] = [0n, 0n]
  for (const { from, to, amount, why } of seal.postings) {
    if (amount <= 0n) findings.say('books', { era }, `a posting for ${why} moves ${amount}`)
    if (OUTSIDE.has(to))
      findings.say('books', { era }, `a posting for ${why} pays ${amount} to ${to}, where nothing is kept`)
    if (from === '@external') external += amount
    else if (from === '@charged') charged += amount
    else flows.add(from, -amount)
    flows.add(to, amount)
  }
  const credited = flows.of(ACCOUNTS)
  flows.delete(ACCOUNTS)
  const after = Amounts.from(seal.system)
  for (const account of namesOf(flows, after)) {
    const what = `the balance of ${account} after the era, by its postings`
    findings.equal('books', { era, account }, what, flows.of(account), after.of(account))
    if (after.of(account) < 0n || !isSystem(account))
      findings.say('books', { era, account }, `it holds ${after.of(account)} of the network's own money`)
  }
  const before = Amounts.from(seal.opening).sum()
  const sums = `${before} before and ${external + charged} in, ${after.sum()} after and ${credited} credited`
  if (before + external + charged !== after.sum() + credited)
    findings.say('books', { era }, `it does not add up: ${sums}`)
  findings.equal('books', { era }, 'what its postings credit to accounts', seal.credits.total, credited)
  const taken = total(
    facts.map(({ move }) => (move.move === 'charge' || move.move === 'slash' ? move.amount : 0n)),
  )
  findings.equal('books', { era }, 'what commands took from accounts for it', taken, charged)
  if (plan) checkPlan(seal, plan, findings)
  else checkQuiet(seal, findings)
}

function checkPlan(seal: Seal, plan: Plan, findings: Findings): void {
  const { era } = seal
  for (const key of OF_THE_PLAN) {
    const [expected, found] = [canonical(plan[key]), canonical(seal[key])]
    if (expected !== found)
      findings.say('books', { era }, `its seal and its plan differ in ${key}: ${found} and ${expected}`)
  }
  findings.equal('books', { era }, 'the draw on the reserve', plan.loss?.draw, seal.draw)
  findings.equal('books', { era }, 'what is owed after it', plan.loss?.owed, seal.owed)
  const held = plan.held && { amount: plan.held.amount, because: plan.held.because }
  findings.equal('books', { era }, 'what is held, and why', canonical(held), canonical(seal.held))
  findings.equal('books', { era }, 'the last era of its seal', era, seal.through)
  const own = seal.postings.filter(({ why, from }) => !(from === ACCOUNTS && why.endsWith('.cap')))
  findings.equal('books', { era }, 'the postings of its plan', canonical(plan.postings), canonical(own))
}

/** A seal without a plan says that nothing happened. */
function checkQuiet(seal: Seal, findings: Findings): void {
  const { era } = seal
  if (seal.postings.length > 0 || Object.keys(seal.counted).length > 0 || seal.credits.total !== 0n)
    findings.say(
      'books',
      { era },
      'it is sealed without a plan, as one in which nothing moves, and something did',
    )
  findings.equal('books', { era }, 'the digest of no events', hex(''), seal.eventsDigest)
  findings.equal('books', { era }, 'the digest of no statements', hex(''), seal.statementsDigest)
}

/** Invariant 2: what the seal says it counted follows from the raw log, and from what commands told the era. */
export function checkCounted(
  seal: Seal,
  counted: CountedEra,
  { facts, partitions }: { facts: readonly Fact[]; partitions: number },
  findings: Findings,
): void {
  const { era } = seal
  const byName = new Map<string, number>()
  for (const { name } of counted.events) byName.set(name, (byName.get(name) ?? 0) + 1)
  for (const name of namesOf(byName, new Map(Object.entries(seal.counted))))
    findings.equal(
      'counting',
      { era },
      `how many ${name} it counted`,
      byName.get(name) ?? 0,
      seal.counted[name as keyof Seal['counted']] ?? 0,
    )
  findings.equal('counting', { era }, 'how many of them came late', counted.late, seal.late)
  findings.equal(
    'counting',
    { era },
    'the digest of what it counted',
    digestOf(counted, facts, partitions),
    seal.eventsDigest,
  )
  findings.equal(
    'counting',
    { era },
    "producers' own numbering",
    canonical(streamsOf(counted)),
    canonical(seal.streams),
  )
}

/** Of each shard, then of what commands told each partition, where they told anything. */
function digestOf({ digests }: CountedEra, facts: readonly Fact[], partitions: number): string {
  if (facts.length === 0) return hex(digests.join('\n'))
  const told = Array.from({ length: partitions }, (): string[] => [])
  for (const { account, text } of facts)
    told[partitionOfPage(pageNumber(account), partitions)]?.push(
      sha256(`${account}\n${text}`).toString('hex'),
    )
  return hex(
    [...digests, ...told.map((own) => (own.length === 0 ? '' : hex(own.sort().join('\n'))))].join('\n'),
  )
}

/** How many gaps are listed of one stream. */
const MAX_GAPS = 1_000

function streamsOf({ events }: CountedEra): Seal['streams'] {
  const numbers = new Map<string, Set<number>>()
  for (const { stream, sequence } of events) {
    if (stream === undefined || sequence === undefined) continue
    numbers.set(stream, (numbers.get(stream) ?? new Set()).add(sequence))
  }
  return [...numbers.keys()].sort().map((stream) => {
    const seen = [...(numbers.get(stream) ?? [])].sort((a, b) => a - b)
    const gaps: [number, number][] = []
    seen.forEach((number, i) => {
      const before = seen[i - 1]
      if (before !== undefined && number > before + 1 && gaps.length < MAX_GAPS)
        gaps.push([before + 1, number - 1])
    })
    return { stream, first: seen[0] ?? 0, last: seen.at(-1) ?? 0, distinct: seen.length, gaps }
  })
}
