import type { Event } from '../../../../shared/domain/event.ts'
import type { Plan } from '../../../../shared/domain/plan.ts'
import type { Seal } from '../../../../shared/domain/seal.ts'
import type { StoredDecision } from '../../../../shared/settlement/ports.ts'
import { decisionKey, decisionsOf, eraSk } from '../../../../shared/store/keys.ts'
import { Amounts, canonical, isSystem, movedBy } from '../arithmetic.ts'
import type { Credits } from '../credits.ts'
import type { Findings } from '../finding.ts'
import type { Commands, Fact } from '../journal.ts'
import type { Policies } from '../policies.ts'
import { nameOf, type Reading } from '../reading.ts'
import { genesisOf, type Rules } from '../rules.ts'
import type { Statements } from '../statements.ts'
import {
  compareCarried,
  compareOutcome,
  compareRows,
  compareStanding,
  compareWeights,
  type Direct,
  type Frozen,
  readFrozen,
} from './compare.ts'
import { type Decision, decide, type HeldOutcome, type Outcome, placesOf } from './decide.ts'
import { Participants } from './participants.ts'
import { type Reports, reportsOf } from './reports.ts'
import { Spreads } from './spreads.ts'
import { cascaded, inOrder, type Row, summed, type Weighed, weigh } from './weigh.ts'

/** What an era was made of, from log and journal, and what was frozen of it. */
export interface SealedEra {
  seal: Seal
  plan: Plan
  events: readonly Event[]
  facts: readonly Fact[]
  statements: Statements
}

/**
 * Settles every sealed era again from the raw log, the journal and the policies, by the policy language alone, and
 * sets it beside what was frozen. Eras are taken in order; each begins with the balances its seal says it began with,
 * so that a fault is told in the era in which it is.
 */
export class Resettlement {
  private readonly people: Participants
  private readonly spreads = new Spreads()
  private readonly held = new Map<number, { outcome: HeldOutcome; weighed: Weighed }>()
  private readonly policies: Policies
  private readonly partitions: number
  private readonly reading: Reading
  private readonly findings: Findings
  private nets: bigint[] = []
  private latest = 0

  constructor(
    { policies, commands, partitions }: { policies: Policies; commands: Commands; partitions: number },
    reading: Reading,
    findings: Findings,
  ) {
    this.policies = policies
    this.partitions = partitions
    this.reading = reading
    this.findings = findings
    this.people = new Participants(genesisOf(policies.first.raw), commands)
  }

  /** An era that was settled in full. `creditsOf` says what statements credited in an era before. */
  settled(
    { seal, plan, events, facts, statements }: SealedEra,
    creditsOf: (era: number) => Amounts | undefined,
  ): void {
    const { era } = seal
    const rules = this.policies.of(era)
    this.people.openEra(era, creditsOf)
    const reports = reportsOf(rules, era, { events, facts, spreads: this.spreads, latest: this.latest })
    const decisions = this.decisionsOf(seal)
    const frozen = readFrozen(era, this.partitions, this.reading, this.findings)
    const weighed = this.weighed(rules, era, reports, decisions, frozen)
    compareWeights({ rules, era, weighed, frozen }, this.findings)
    const vested = this.people.vested(rules, era, movedBy)
    const opening = Amounts.from(seal.opening)
    const outcome = decide({
      rules,
      era,
      opening,
      reports,
      weighed,
      vested: vested.sum(),
      decisions,
      nets: this.nets,
    })
    compareOutcome(outcome, reports, plan, this.findings)
    if (outcome.held) this.held.set(era, { outcome: outcome.held, weighed })
    this.payDebts(rules, outcome, weighed, reports)
    const rest = participantsIn(reports.external.rests, reports.charged.rests)
    const direct: Direct = { rest, refund: participantsIn(reports.refunds), vested }
    const debts = { owed: this.people.owed, dues: this.people.dues }
    compareRows(
      { era, outcome, weighed, direct, debts, factCounts: reports.factCounts },
      statements,
      this.findings,
    )
    for (const { occurredAt } of events) this.latest = Math.max(this.latest, occurredAt)
    this.closed(seal)
    const at = rules.byBlock ? this.latest : rules.start(era + 1)
    this.findings.equal('decision', { era }, 'the moment it ended', at, plan.at)
    this.findings.equal(
      'decision',
      { era },
      'when its credits may be spent',
      at + rules.timelockMs,
      seal.releaseAt,
    )
    this.findings.equal(
      'decision',
      { era },
      'the greatest moment counted through it',
      this.latest,
      plan.latest,
    )
  }

  /** A run of eras in which nothing moved: its first and its last must be such, by the policy. */
  quiet(seal: Seal, creditsOf: (era: number) => Amounts | undefined): void {
    for (const era of new Set([seal.era, seal.through])) {
      const rules = this.policies.of(era)
      const opening = Amounts.from(seal.opening)
      this.people.openEra(era, creditsOf)
      const reports = reportsOf(rules, era, {
        events: [],
        facts: [],
        spreads: new Spreads(),
        latest: this.latest,
      })
      const weighed = this.weighed(rules, era, reports, [])
      const vested = this.people.vested(rules, era, movedBy).sum()
      const outcome = decide({
        rules,
        era,
        opening,
        reports,
        weighed,
        vested,
        decisions: [],
        nets: this.nets,
      })
      const equal = (what: string, expected: bigint | string, found: bigint | string): void => {
        this.findings.equal('decision', { era }, what, expected, found)
      }
      equal('its state', outcome.state, seal.state)
      equal('its net', outcome.net, seal.net)
      equal('its income', outcome.income, seal.income.total)
      equal('its cost', outcome.cost, seal.cost.total)
      equal('its lines', canonical(outcome.lines), canonical(seal.lines))
      equal('what it pays to accounts', 0n, BigInt(outcome.payments.length))
      for (const account of new Set([...outcome.closing.keys(), ...Object.keys(seal.system)]))
        equal(`the balance of ${account} after it`, outcome.closing.of(account), seal.system[account] ?? 0n)
    }
    if (this.spreads.open.size > 0)
      this.findings.say(
        'decision',
        { era: seal.era },
        `it is sealed as quiet, and ${this.spreads.open.size} spreads run on`,
      )
    this.closed(seal)
  }

  /** What runs on after the last sealed era: spreads, debts, roles and reported stakes. */
  finish(credits: Credits, sealedThrough: number): void {
    compareCarried(
      this.spreads.open,
      { sealedThrough, partitions: this.partitions },
      this.reading,
      this.findings,
    )
    compareStanding(this.people, credits, this.findings)
  }

  private closed({ era, through, net }: Seal): void {
    const count = Math.min(through - era + 1, 64)
    const nets = Array.from({ length: count }, () => (net > 0n ? net : 0n))
    this.nets = [...this.nets, ...nets].slice(-64)
  }

  /** Everybody's weights; those of held eras that are paid now stand behind the era's own. */
  private weighed(
    rules: Rules,
    era: number,
    reports: Reports,
    decisions: readonly Decision[],
    frozen?: Frozen,
  ): Weighed {
    const stretches = this.people.report(reports, rules.start(era), rules.start(era + 1))
    const own = weigh(rules, era, { people: this.people, reports, stretches })
    if (frozen && rules.byBlock && rules.metrics.has('staked')) this.takeUnknown(own, rules, frozen)
    const { columns, caps } = placesOf(decisions)
    if (columns.length === 0) return own
    const heldRows = (held: number): ReadonlyMap<string, Row> | undefined => this.held.get(held)?.weighed.rows
    const rows = new Map<string, Row>()
    const heldAccounts = columns.flatMap(({ era: held }) => [...(heldRows(held)?.keys() ?? [])])
    const nothing: Row = { weights: rules.columns.map(() => 0n), caps: rules.caps.map(() => 0n) }
    for (const account of inOrder([...own.rows.keys(), ...heldAccounts])) {
      const row = own.rows.get(account) ?? nothing
      const weights = columns.map(
        ({ era: held, column }) => heldRows(held)?.get(account)?.weights[column] ?? 0n,
      )
      const more = caps.map(({ era: held, index }) => heldRows(held)?.get(account)?.caps[index] ?? 0n)
      rows.set(account, { weights: [...row.weights, ...weights], caps: [...row.caps, ...more] })
    }
    return summed(rows, rules.columns.length + columns.length)
  }

  /**
   * Where eras are by block the journal does not say at which block a stake began: then what was frozen is believed, and
   * who was frozen with nothing weighs nothing.
   */
  private takeUnknown(weighed: Weighed, rules: Rules, frozen: Frozen): void {
    for (const [account, stakes] of this.people.held) {
      if (stakes.length === 0) continue
      const row = frozen.get(account)
      if (!row) weighed.rows.delete(account)
      else weighed.rows.set(account, { weights: row.weights.slice(0, rules.columns.length), caps: row.caps })
    }
    weighed.sums = summed(weighed.rows, rules.columns.length).sums
  }

  /** What is still owed and due once the era's payments are made. */
  private payDebts(rules: Rules, outcome: Outcome, weighed: Weighed, reports: Reports): void {
    const { owed, dues } = this.people
    const isNet = rules.raw.base === 'net'
    for (const [account, amount] of isNet ? reports.costs : []) owed.add(account, amount)
    for (const [obligation, claims] of reports.dues) {
      const former = dues.get(obligation) ?? new Amounts()
      dues.set(obligation, former)
      for (const [account, amount] of claims) former.add(account, amount)
    }
    for (const { parts } of outcome.payments) {
      for (const { column, T } of parts) {
        const debt = rules.columns[column]
        if (debt === undefined || debt.of === 'group') continue
        const book = debt.of === 'due' ? dues.get(debt.obligation) : owed
        for (const [account, amount] of cascaded(T, weighed, column)) book?.add(account, -amount)
      }
    }
  }

  /** What was decided of held eras and is done in this one: stored twice, alike, and in its seal. */
  private decisionsOf(seal: Seal): Decision[] {
    const { era } = seal
    const decisions = this.reading.all(decisionsOf(era)).flatMap(([sk, item]): Decision[] => {
      const stored = this.reading.valueOf<StoredDecision>(item)
      if (!stored) return []
      const place = { era, item: nameOf({ pk: decisionsOf(era), sk }) }
      const first = this.reading.value<StoredDecision>(decisionKey(stored.era))
      this.findings.equal('decision', place, 'the era that it decides', sk, eraSk(stored.era))
      this.findings.equal(
        'decision',
        place,
        'the decision as its own era has it',
        canonical(first),
        canonical(stored),
      )
      const held = this.held.get(stored.era)?.outcome
      if (held) return [{ era: stored.era, decision: stored.decision, held }]
      this.findings.say('decision', place, `it decides era ${stored.era}, which was not held`)
      return []
    })
    const done = decisions.map(({ era: of, decision, held }) => ({ era: of, decision, amount: held.amount }))
    const said = canonical(seal.decided ?? [])
    this.findings.equal('decision', { era }, 'what it did of what was decided', canonical(done), said)
    return decisions
  }
}

function participantsIn(...given: readonly Amounts[]): Amounts {
  const amounts = new Amounts()
  for (const part of given)
    for (const [account, amount] of part) if (!isSystem(account)) amounts.add(account, amount)
  return amounts
}
