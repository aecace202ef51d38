import type { Event } from '../../../../shared/domain/event.ts'
import { Amounts, ppb, spelled, WHOLE } from '../arithmetic.ts'
import type { Fact } from '../journal.ts'
import { positionIn } from '../log.ts'
import type { Rules } from '../rules.ts'
import type { Spreads } from './spreads.ts'

/** What a kind of income came to. */
export interface KindTotals {
  count: number
  charged: bigint
  admitted: bigint
  deferred: bigint
  recognised: bigint
}

/** What an era was told, by the log and by commands, before anything is decided. */
export interface Reports {
  /** What came to the pool at once or waits in `@deferred`: of fees from outside, and of charges. */
  kinds: Map<string, KindTotals>
  external: { admitted: bigint; deferred: bigint; rests: Amounts }
  charged: { admitted: bigint; deferred: bigint; rests: Amounts; slashed: Amounts }
  refunds: Amounts
  costKinds: Map<string, { count: number; amount: bigint }>
  /** By payer. */
  costs: Amounts
  fees: Amounts
  /** obligation -> account. */
  dues: Map<string, Amounts>
  /** metric -> account. */
  metrics: Map<string, Amounts>
  roles: Extract<Event, { name: 'ParticipantChanged' }>[]
  stakes: Extract<Event, { name: 'StakeReported' }>[]
  /** What an account is told of it although nothing of that moves money, and how many facts were taken from it. */
  factCounts: Map<string, number>
}

const OPERATOR = '@operator'
const EXPENSES = '@expenses'

/** Reads what an era counted, by the policy that rules it. Spreads that begin or end are handed on, and then moved. */
export function reportsOf(
  rules: Rules,
  era: number,
  {
    events,
    facts,
    spreads,
    latest,
  }: { events: readonly Event[]; facts: readonly Fact[]; spreads: Spreads; latest: number },
): Reports {
  const reports: Reports = {
    kinds: new Map(),
    external: { admitted: 0n, deferred: 0n, rests: new Amounts() },
    charged: { admitted: 0n, deferred: 0n, rests: new Amounts(), slashed: new Amounts() },
    refunds: new Amounts(),
    costKinds: new Map(),
    costs: new Amounts(),
    fees: new Amounts(),
    dues: new Map(),
    metrics: new Map(),
    roles: [],
    stakes: [],
    factCounts: new Map(),
  }
  const inOrder = [...events].sort((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1))
  for (const event of inOrder) noteEvent(reports, rules, event, spreads)
  for (const fact of facts) noteFact(reports, rules, fact, spreads)
  const moved = spreads.move(rules, era, latest)
  for (const [kind, amount] of moved.income) kindOf(reports, kind).recognised += amount
  for (const { payer, kind, amount } of moved.costs) {
    reports.costs.add(payer, amount)
    costKindOf(reports, kind).amount += amount
  }
  for (const { account, obligation, amount } of moved.dues) dueOf(reports, obligation).add(account, amount)
  reports.refunds = moved.refunds
  return reports
}

function noteEvent(reports: Reports, rules: Rules, event: Event, spreads: Spreads): void {
  switch (event.name) {
    case 'FeeCharged': {
      const { id, kind, amount, payer, spread } = event
      const { admitted, restTo, isDeferred } = divided(reports, rules, { kind, amount, spread })
      reports.external[isDeferred ? 'deferred' : 'admitted'] += admitted
      if (amount > admitted) reports.external.rests.add(restTo, amount - admitted)
      if (isDeferred && spread)
        spreads.begin({ of: event.name, id, account: restTo, kind, amount: admitted, ...spread })
      if (payer !== undefined) reports.fees.add(payer, amount)
      return
    }
    case 'CostIncurred': {
      const { id, kind, amount, payer = EXPENSES, spread } = event
      costKindOf(reports, kind).count += 1
      if (spread) {
        spreads.begin({ of: event.name, id, account: payer, kind, amount, ...spread })
        return
      }
      costKindOf(reports, kind).amount += amount
      reports.costs.add(payer, amount)
      return
    }
    case 'ObligationDue': {
      const { id, account, obligation, amount, spread } = event
      if (spread) spreads.begin({ of: event.name, id, account, kind: obligation, amount, ...spread })
      else dueOf(reports, obligation).add(account, amount)
      return
    }
    case 'SpreadEnded': {
      const { event: of, spreadId, refundTo, occurredAt, id } = event
      spreads.end({ of, id: spreadId, at: positionIn(rules, event), refundTo, occurredAt, by: id })
      return
    }
    case 'MetricReported':
      noteMetric(reports, rules, event)
      return
    case 'ParticipantChanged':
      reports.roles.push(event)
      return
    case 'StakeReported':
      reports.stakes.push(event)
  }
}

/** Events come in order, so the last report of a metric is the one that stands. */
function noteMetric(
  { metrics }: Reports,
  { raw }: Rules,
  { account, metric, value }: Extract<Event, { name: 'MetricReported' }>,
): void {
  const values = metrics.get(metric) ?? new Amounts()
  metrics.set(metric, values)
  const rule = raw.metrics?.[metric] ?? 'sum'
  if (rule === 'sum') values.add(account, value)
  else if (rule === 'last' || value > (values.get(account) ?? -1n)) values.set(account, value)
}

function noteFact(reports: Reports, rules: Rules, { account, move }: Fact, spreads: Spreads): void {
  reports.factCounts.set(account, (reports.factCounts.get(account) ?? 0) + 1)
  switch (move.move) {
    case 'charge': {
      const { id, kind, amount, spread, refundTo } = move
      const { admitted, restTo, isDeferred } = divided(reports, rules, { kind, amount, spread })
      reports.charged[isDeferred ? 'deferred' : 'admitted'] += admitted
      if (amount > admitted) reports.charged.rests.add(restTo, amount - admitted)
      if (isDeferred && spread)
        spreads.begin({
          of: 'Charge',
          id: `${account} ${id}`,
          account: refundTo ?? restTo,
          kind,
          amount: admitted,
          ...spread,
        })
      reports.fees.add(account, amount)
      return
    }
    case 'due': {
      const { id, obligation, amount, spread } = move
      const due = { of: 'Due' as const, id: `${account} ${id}`, account, kind: obligation, amount }
      if (spread) spreads.begin({ ...due, ...spread })
      else dueOf(reports, obligation).add(account, amount)
      return
    }
    case 'end': {
      const { of, id, at, refundTo, keep } = move
      spreads.end({ of, id: `${account} ${id}`, at, refundTo, keep, occurredAt: at, by: '' })
      return
    }
    case 'slash':
      reports.charged.slashed.add(move.to, move.amount)
  }
}

/** Policy `income`: floor(amount x admit) comes in, the exact rest goes to `restTo`. */
function divided(
  reports: Reports,
  { raw }: Rules,
  { kind, amount, spread }: { kind: string; amount: bigint; spread?: object | undefined },
): { admitted: bigint; restTo: string; isDeferred: boolean } {
  const rule = Object.hasOwn(raw.income, kind) ? raw.income[kind] : undefined
  const admitted = (amount * ppb(rule?.admit ?? '100%')) / WHOLE
  const isDeferred = rule?.recognise === 'ratable' && spread !== undefined
  const totals = kindOf(reports, kind)
  totals.count += 1
  totals.charged += amount
  totals[isDeferred ? 'deferred' : 'admitted'] += admitted
  return { admitted, restTo: spelled(rule?.restTo ?? OPERATOR), isDeferred }
}

function kindOf({ kinds }: Reports, kind: string): KindTotals {
  const totals = kinds.get(kind) ?? { count: 0, charged: 0n, admitted: 0n, deferred: 0n, recognised: 0n }
  kinds.set(kind, totals)
  return totals
}

function costKindOf({ costKinds }: Reports, kind: string): { count: number; amount: bigint } {
  const totals = costKinds.get(kind) ?? { count: 0, amount: 0n }
  costKinds.set(kind, totals)
  return totals
}

function dueOf({ dues }: Reports, obligation: string): Amounts {
  const claims = dues.get(obligation) ?? new Amounts()
  dues.set(obligation, claims)
  return claims
}
