import type { Page } from '../../../shared/domain/page.ts'
import type { Plan } from '../../../shared/domain/plan.ts'
import type { Item } from '../../../shared/store/attributes.ts'
import { pageSk, pagesOf, planKey, QUARANTINE } from '../../../shared/store/keys.ts'
import { checkAccounts, checkConservation, type Held, type Sources } from './accounts.ts'
import { partitionOfPage, total } from './arithmetic.ts'
import { checkBooks, checkCounted } from './books.ts'
import { type Chain, checkChain, readChain } from './chain.ts'
import { Credits } from './credits.ts'
import { type Finding, Findings } from './finding.ts'
import { type Commands, type Fact, readJournal } from './journal.ts'
import { LogCount } from './log.ts'
import { type Policies, readPolicies } from './policies.ts'
import { Purchases } from './purchases.ts'
import { Reading } from './reading.ts'
import { checkRecords } from './records.ts'
import { Resettlement } from './resettle/eras.ts'
import { checkStatements, readStatements, type StatedRow } from './statements.ts'

/** What an audit read, and everything that is wrong. */
export interface Audit {
  findings: readonly Finding[]
  /** All of them: `findings` may be only the first. */
  count: number
  read: {
    items: number
    sealedThrough: number
    /** Events that sealed eras counted, and those that wait for one that is not. */
    counted: number
    waiting: number
    /** What waits in quarantine, by the rule that refused it: no era counts it as long as nobody replays it. */
    quarantined: Record<string, number>
    /** What was in quarantine and has been replayed. */
    replayed: number
    commands: number
    accounts: number
  }
}

/**
 * Reads a whole table and checks, from the raw log and the journal, that the books are what they must be. Shares
 * nothing with the engine but the codec of items and the layout of keys. Memory holds the table as it is stored,
 * compressed. Items have to be of one moment, or of a table that nobody writes to.
 */
export async function audit(items: AsyncIterable<Item> | Iterable<Item>): Promise<Audit> {
  const findings = new Findings()
  const reading = await Reading.of(items, findings)
  const result: Audit = {
    findings: findings.kept,
    count: 0,
    read: {
      items: reading.count,
      sealedThrough: -1,
      counted: 0,
      waiting: 0,
      ...quarantineOf(reading),
      commands: 0,
      accounts: 0,
    },
  }
  const chain = readChain(reading, findings)
  const policies = readPolicies(reading, findings)
  if (chain && policies.versions.length > 0) checkNetwork({ chain, policies, reading, findings }, result)
  result.count = findings.count
  return result
}

interface Network {
  chain: Chain
  policies: Policies
  reading: Reading
  findings: Findings
}

function checkNetwork({ chain, policies, reading, findings }: Network, { read }: Audit): void {
  const { state } = chain
  checkChain(chain, policies, reading, findings)
  const commands = readJournal(reading, state.openEra, findings)
  const credits = new Credits()
  const log = checkEras({ chain, policies, reading, findings }, commands, credits)
  const ahead = takeAhead({ chain, policies, reading, findings }, commands, credits)
  const sources: Sources = { chain, policies, commands, credits }
  let held: Held | undefined
  findings.guard('accounts', {}, () => {
    held = checkAccounts(sources, reading, findings)
    checkConservation(held, sources, ahead, findings)
  })
  findings.guard('records', {}, () => checkRecords(commands, state.partitions, reading, findings))
  Object.assign(read, {
    sealedThrough: state.sealedThrough,
    counted: log.counted,
    waiting: log.waitingCount,
    commands: commands.entries.length,
    accounts: held?.accounts ?? 0,
  })
}

/** Every sealed era, in order: what it counted, what that comes to, and what was frozen of it. */
function checkEras(
  { chain, policies, reading, findings }: Network,
  commands: Commands,
  credits: Credits,
): LogCount {
  const { partitions, shards, sealedThrough } = chain.state
  const log = new LogCount(reading, policies, shards, findings)
  const resettled = new Resettlement({ policies, commands, partitions }, reading, findings)
  const purchases = new Purchases()
  const logged = [...new Set(reading.named('LOG#').map((name) => Number(name.split('#')[0])))].sort(
    (a, b) => a - b,
  )
  const creditsOf = (era: number) => credits.of(era)
  for (const seal of chain.seals) {
    const { era, through } = seal
    findings.guard('books', { era }, () => {
      const facts = factsIn(commands, era, through)
      const plan = reading.value<Plan>(planKey(era))
      findings.guard('books', { era }, () => checkBooks(seal, plan, facts, findings))
      if (!plan) {
        for (const quiet of logged) if (quiet >= era && quiet <= through) log.seal(quiet)
        findings.guard('decision', { era }, () => resettled.quiet(seal, creditsOf))
        return
      }
      const counted = log.seal(era)
      const statements = readStatements(reading, era, partitions, findings)
      purchases.count(era, counted.events)
      findings.guard('counting', { era }, () => checkCounted(seal, counted, { facts, partitions }, findings))
      findings.guard('statements', { era }, () =>
        checkStatements({ plan, seal, statements }, reading, findings),
      )
      const { events } = counted
      findings.guard('decision', { era }, () =>
        resettled.settled({ seal, plan, events, facts, statements }, creditsOf),
      )
      credits.apply(era, statements.flat())
    })
  }
  for (const era of logged) if (era > sealedThrough) log.open(era)
  log.finish()
  findings.guard('counting', {}, () => purchases.check(reading, sealedThrough, findings))
  findings.guard('decision', {}, () => resettled.finish(credits, sealedThrough))
  return log
}

function factsIn({ facts }: Commands, from: number, through: number): Fact[] {
  return [...facts].flatMap(([era, told]) => (era >= from && era <= through ? told : []))
}

/**
 * The era after the last sealed one may be being settled: statements that pages have taken in already count for their
 * accounts. Answers with what that took out of outboxes.
 */
function takeAhead({ chain, reading, findings }: Network, commands: Commands, credits: Credits): bigint {
  const { partitions, sealedThrough } = chain.state
  const era = sealedThrough + 1
  const rows: StatedRow[] = readStatements(reading, era, partitions, findings).flat()
  const creditedThrough = new Map<number, number>()
  for (const page of new Set(rows.map((row) => row.page))) {
    const key = { pk: pagesOf(partitionOfPage(page, partitions)), sk: pageSk(page) }
    creditedThrough.set(page, reading.value<Page>(key)?.creditedThrough ?? -1)
  }
  const applied = rows.filter(({ page }) => (creditedThrough.get(page) ?? -1) >= era)
  credits.apply(era, applied)
  const accounts = new Set(applied.map(({ row }) => row.account))
  const taken = factsIn(commands, era, era).filter(({ account }) => accounts.has(account))
  return total(taken.map(({ move }) => (move.move === 'charge' || move.move === 'slash' ? move.amount : 0n)))
}

function quarantineOf(reading: Reading): Pick<Audit['read'], 'quarantined' | 'replayed'> {
  const quarantined: Record<string, number> = {}
  let replayed = 0
  for (const [, { status, rule }] of reading.all(QUARANTINE)) {
    if (status?.S === 'replayed') replayed += 1
    else quarantined[String(rule?.S)] = (quarantined[String(rule?.S)] ?? 0) + 1
  }
  return { quarantined, replayed }
}
