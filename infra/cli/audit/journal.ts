import type { Move } from '../../../shared/domain/moves.ts'
import type { AccountEntry, JournalEntry } from '../../../shared/ledger/ports.ts'
import { entriesOf, entrySk, journalKey, outboxOf } from '../../../shared/store/keys.ts'
import { Amounts, canonical, pageNumber } from './arithmetic.ts'
import type { Findings } from './finding.ts'
import { nameOf, type Reading } from './reading.ts'

/** The world outside, in moves. */
const EXTERNAL = '@external'

/** One move of a command, as one account sees it. */
export interface AccountMove {
  entry: JournalEntry
  move: Move
}

/** What a command says to the settlement of an era, with the text its digest is made of. */
export interface Fact {
  account: string
  era: number
  text: string
  move: Extract<Move, { move: 'charge' | 'due' | 'end' | 'slash' }>
}

/** All that commands ever did, from the journal alone. */
export class Commands {
  readonly entries: JournalEntry[]
  /** Moves that name an account, in the order of time. */
  readonly moves = new Map<string, AccountMove[]>()
  /** What they told the settlement, by the era they are labelled with. */
  readonly facts = new Map<number, Fact[]>()
  /** What they changed of each account's balance, by label. */
  readonly changes = new Map<number, Amounts>()
  /** How many commands changed a page. */
  readonly pageChanges = new Map<number, number>()
  cameIn = 0n
  wentOut = 0n

  constructor(entries: readonly JournalEntry[]) {
    this.entries = [...entries].sort(
      (a, b) => a.networkAt - b.networkAt || a.at - b.at || (a.id < b.id ? -1 : 1),
    )
    for (const entry of this.entries) {
      const pages = new Set<number>()
      for (const move of entry.moves) {
        for (const account of accountsIn(move)) {
          pages.add(pageNumber(account))
          const moves = this.moves.get(account)
          if (moves) moves.push({ entry, move })
          else this.moves.set(account, [{ entry, move }])
        }
        this.note(entry, move)
      }
      for (const page of pages) this.pageChanges.set(page, (this.pageChanges.get(page) ?? 0) + 1)
    }
  }

  private note({ era }: JournalEntry, move: Move): void {
    const [from, to] = sidesOf(move)
    const amount = 'amount' in move ? (move.amount ?? 0n) : 0n
    const changes = this.changes.get(era) ?? new Amounts()
    this.changes.set(era, changes)
    if (from === EXTERNAL) this.cameIn += amount
    else if (from !== undefined) changes.add(from, -amount)
    if (to === EXTERNAL) this.wentOut += amount
    else if (to !== undefined) changes.add(to, amount)
    const fact = factOf(era, move)
    if (!fact) return
    const facts = this.facts.get(era)
    if (facts) facts.push(fact)
    else this.facts.set(era, [fact])
  }

  /** Facts of an account that are labelled after an era, as their texts. */
  factsAfter(account: string, era: number): string[] {
    return (this.moves.get(account) ?? []).flatMap(({ entry, move }) => {
      const fact = entry.era > era ? factOf(entry.era, move) : undefined
      return fact ? [fact.text] : []
    })
  }
}

/** Accounts that a move names, without the world outside. */
function accountsIn(move: Move): string[] {
  const named = 'account' in move ? [move.account] : [move.from, move.to]
  return named.filter((account) => account !== EXTERNAL)
}

/** Out of whose balance a move pays, and into whose: what is held or staked stays in it. */
export function sidesOf(move: Move): [from: string | undefined, to: string | undefined] {
  switch (move.move) {
    case 'transfer':
    case 'capture':
      return [move.from, move.to]
    case 'charge':
    case 'slash':
      return [move.account, undefined]
    default:
      return [undefined, undefined]
  }
}

function factOf(era: number, move: Move): Fact | undefined {
  switch (move.move) {
    case 'charge': {
      const { move: _, account, hold: __, ...said } = move
      return { account, era, move, text: canonical({ ...said, era, of: 'Charge' }) }
    }
    case 'due': {
      const { move: _, account, ...said } = move
      return { account, era, move, text: canonical({ ...said, era, of: 'Due' }) }
    }
    case 'end': {
      const { move: _, account, of, ...said } = move
      return { account, era, move, text: canonical({ ...said, era, of: `${of}Ended` }) }
    }
    case 'slash': {
      const { account, id, amount, to } = move
      return { account, era, move, text: canonical({ era, of: 'Slash', id, amount, to }) }
    }
    default:
      return undefined
  }
}

/** Reads the journal, and checks that what each account is shown of it is what it says. */
export function readJournal(reading: Reading, openEra: number, findings: Findings): Commands {
  const entries: JournalEntry[] = []
  for (const id of reading.named('JOURNAL#')) {
    const place = { item: nameOf(journalKey(id)) }
    const entry = reading.value<JournalEntry>(journalKey(id))
    if (!entry) {
      if (!reading.get(journalKey(id))) findings.say('journal', place, 'it has another sort key')
      continue
    }
    findings.equal('journal', place, 'the id of the entry', id, entry.id)
    // A deposit that is dated ahead of the clock counts from its own era on; nothing else is ahead.
    if (entry.era > openEra && !id.startsWith('evt#TokensDeposited#'))
      findings.say(
        'journal',
        place,
        `it is labelled with era ${entry.era}, and era ${openEra} is the open one`,
      )
    entries.push(entry)
  }
  const commands = new Commands(entries)
  checkEntries(reading, commands, findings)
  checkMarks(reading, commands, findings)
  return commands
}

/** An account's entries are exactly what the journal's commands did to its money. */
function checkEntries(reading: Reading, commands: Commands, findings: Findings): void {
  const expected = new Map<string, Map<string, AccountEntry>>()
  for (const entry of commands.entries) {
    const { id, era, at, networkAt, moves } = entry
    // Beside its own money an account reads of what it stopped, for which it gets back what is left.
    const money = moves.filter((move) => move.move !== 'due' && !(move.move === 'end' && move.of === 'Due'))
    for (const account of new Set(money.flatMap(accountsIn))) {
      const own = money.filter((move) => accountsIn(move).includes(account))
      const entriesOfAccount = expected.get(account) ?? new Map<string, AccountEntry>()
      expected.set(
        account,
        entriesOfAccount.set(entrySk(era, at, id), { id, era, at, networkAt, moves: own }),
      )
    }
  }
  for (const account of new Set([...expected.keys(), ...reading.named('ENTRIES#')])) {
    const wanted = expected.get(account) ?? new Map<string, AccountEntry>()
    const found = new Map(reading.all(entriesOf(account)))
    for (const [sk, entry] of wanted) {
      const item = found.get(sk)
      const shown = item && reading.valueOf<AccountEntry>(item)
      if (!item) findings.say('journal', { account }, `its entry of ${entry.id} is missing`)
      else if (shown && canonical(shown) !== canonical(entry))
        findings.say(
          'journal',
          { account },
          `its entry of ${entry.id} says ${canonical(shown.moves)}, the journal ${canonical(entry.moves)}`,
        )
    }
    for (const sk of found.keys())
      if (!wanted.has(sk))
        findings.say(
          'journal',
          { account },
          `it has an entry ${sk} of a command that the journal does not have`,
        )
  }
}

/** Where commands told an era something, the era is marked: else it could be taken for one in which nothing happened. */
function checkMarks(reading: Reading, { facts }: Commands, findings: Findings): void {
  for (const era of facts.keys())
    if (reading.all(outboxOf(era)).length === 0)
      findings.say('journal', { era }, 'commands told it something, and nothing marks that (OUTBOX)')
  for (const era of reading.named('OUTBOX#'))
    if (!facts.has(Number(era)))
      findings.say(
        'journal',
        { era: Number(era) },
        'it is marked as told something by commands (OUTBOX), and none did',
      )
}
