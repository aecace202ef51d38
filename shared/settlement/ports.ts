import type { PartitionFacts, Purchase, ShardTotals } from '../domain/facts.ts'
import type { Page } from '../domain/page.ts'
import type { Plan, SystemState } from '../domain/plan.ts'
import type { Policy } from '../domain/policy/schema.ts'
import type { Seal } from '../domain/seal.ts'
import type { LoggedEvents } from '../domain/shard-log.ts'
import type { CreditTotals, Statement } from '../domain/statement.ts'
import type { Carried, PartitionTotals, PartitionWeights } from '../domain/weights.ts'

/** What settlement needs of the table. Every `commit` writes once and answers with what stands, be it another's. */

export interface NetworkState {
  openEra: number
  /** Greatest era that no event can be booked in any more; -1 before the first. */
  closedThrough: number
  /** Greatest sealed era; -1 before the first. */
  sealedThrough: number
  /** Number of the newest policy version: it may wait for an era that is still to come. */
  policyVersion: number
  shards: number
  partitions: number
  /** Wall time at which `closedThrough` was last raised, ms. */
  closedAt: number
}

export interface StoredPolicy {
  version: number
  effectiveFrom: number
  hash: string
  json: unknown
  policy: Policy
}

/** A network clock as stored. For block eras positions are blocks. */
export interface NetworkClock {
  /** Greatest position accepted from allowed sources; -1 before the first. */
  watermark: number
  /** Greatest moment accepted, ms; what lateness is measured from where eras are counted in blocks. */
  latest: number
  /** All up to this position has been sent, says an operator; -1 before the first time. */
  advancedTo: number
  /** Wall time at which the watermark was first seen past the end of an era, newest last. */
  passed: { era: number; at: number }[]
}

export interface StateStore {
  /** Strongly consistent; undefined before the network is opened. */
  read(): Promise<NetworkState | undefined>
  /** Raises closedThrough from `from` to `to` and openEra with it. False when another was first. */
  close(from: number, to: number, closedAt: number): Promise<boolean>
}

export interface PolicyStore {
  /** Versions never change, so they are kept once read. Throws `PolicyNotFound`. */
  read(version: number): Promise<StoredPolicy>
}

export interface PolicyWriter {
  /**
   * Stores the version that follows the newest, in one transaction with STATE: only while it does follow it, and
   * while the era it is effective from is still to come. False when either no longer holds.
   */
  add(next: StoredPolicy): Promise<boolean>
}

export interface ClockStore {
  read(): Promise<NetworkClock>
  /** Raises watermark and latest; never lowers them. */
  observe(watermark: number, latest: number): Promise<void>
  /** Raises advancedTo (and never lowers it). */
  advance(to: number): Promise<void>
  recordPassed(passed: NetworkClock['passed']): Promise<void>
}

/** One segment of the log, in the order of ulids. */
export interface Segment extends LoggedEvents {
  ulid: string
  /** No event in it lies before this position. */
  earliest: number
}

export interface LogStore {
  /** Strongly consistent, ascending by ulid. */
  segments(era: number, shard: number): AsyncIterable<Segment>
  isEmpty(era: number, shards: number): Promise<boolean>
}

/** What a shard of a sealed or folded era counted, for finding what comes again. */
export interface SeenEra {
  era: number
  /** Greatest moment the shard counted through this era, ms. */
  latest: number
  /** Sorted first 8 bytes of sha-256 of each event's key. */
  hashes: BigUint64Array
}

export interface FoldHeader {
  attempt: string
  totals: ShardTotals
  /** Chunks of facts by partition; a partition without facts is absent. */
  chunks: Record<number, number>
  purchaseChunks: number
}

export interface FoldStore {
  /** Newest first. The caller stops when it has gone back far enough. */
  seen(shard: number, before: number): AsyncIterable<SeenEra>
  read(era: number, shard: number): Promise<FoldHeader | undefined>
  /** Writes facts under an attempt of its own, then header and seen ids in one transaction. */
  commit(
    era: number,
    shard: number,
    fold: { totals: ShardTotals; facts: Map<number, PartitionFacts>; purchases: Purchase[]; seen: SeenEra },
  ): Promise<FoldHeader>
  /** Facts of one partition from every shard's winning attempt. */
  facts(era: number, partition: number, folds: FoldHeader[]): Promise<PartitionFacts[]>
  purchases(era: number, shard: number, fold: FoldHeader): Promise<Purchase[]>
}

export interface WeightHeader {
  attempt: string
  totals: PartitionTotals
  chunks: number
}

export interface WeightStore {
  read(era: number, partition: number): Promise<WeightHeader | undefined>
  commit(era: number, partition: number, weights: PartitionWeights): Promise<WeightHeader>
  /** Rows of the winning attempt, in account order. */
  rows(era: number, partition: number, header: WeightHeader): AsyncIterable<PartitionWeights['rows'][number]>
  /** What the last era that was weighed before `era` carries on. */
  carried(before: number, partition: number): Promise<Carried>
}

export interface PlanStore {
  read(era: number): Promise<Plan | undefined>
  commit(plan: Plan): Promise<Plan>
}

/** What was decided of a held era, and by whom. */
export interface StoredDecision {
  era: number
  decision: 'pay' | 'return'
  /** The era that was open when it was decided, and in which it is done. */
  doneIn: number
  by: string
  /** Wall time, ms. */
  at: number
}

export interface DecisionStore {
  read(era: number): Promise<StoredDecision | undefined>
  /**
   * Writes once, while `doneIn` is the open era. Answers with what stands, be it another's; undefined when that era
   * is open no more, and nothing was written.
   */
  commit(decision: StoredDecision): Promise<StoredDecision | undefined>
  /** By held era. Complete once `era` is closed. */
  doneIn(era: number): Promise<StoredDecision[]>
}

export interface SystemStore {
  read(): Promise<SystemState>
}

export interface StatementStore {
  commit(partition: number, statement: Statement): Promise<Statement>
  readCredit(era: number, partition: number): Promise<CreditTotals | undefined>
  commitCredit(era: number, partition: number, totals: CreditTotals): Promise<CreditTotals>
  /** Statements of a partition in page order, for a credit that goes on where another stopped. */
  list(era: number, partition: number): AsyncIterable<Statement>
}

export interface PageStore {
  /** Strongly consistent, in page order. */
  list(partition: number): AsyncIterable<Page>
  read(page: number): Promise<Page>
  /** As {@link read}, in the order asked for; none may be named twice. */
  readAll(pages: readonly number[]): Promise<Page[]>
  /** Writes `next` if the stored page still has version `next.version - 1`. False when another was first. */
  replace(next: Page): Promise<boolean>
}

export interface SealStore {
  last(): Promise<Seal | undefined>
  read(era: number): Promise<Seal | undefined>
  /** SEAL, SYSTEM (at the plan's version) and STATE (`sealedThrough`) in one transaction. */
  commit(seal: Seal, system: SystemState): Promise<Seal>
}

/** What commands leave for the eras. */
export interface CommandFactStore {
  /** Whether a command left facts for this era. Complete once the era is closed. */
  hasFacts(era: number): Promise<boolean>
}

export interface PurchaseStore {
  /** Of two with one id the first wins. */
  putAll(purchases: readonly Purchase[]): Promise<void>
}

export interface OpeningStore {
  /**
   * Writes the first pages, the policy, the clock, SYSTEM, and STATE last. May run again after it was cut off, and
   * does nothing once STATE is there.
   */
  open(books: {
    state: NetworkState
    system: SystemState
    policy: StoredPolicy
    pages: Page[]
  }): Promise<void>
}

/** Settlements under way. */
export interface Executions {
  /** Starts settle-era under this name, or says what became of the execution that has it. */
  start(name: string, input: { era: number }): Promise<'started' | 'running' | 'ended'>
}

/** How far the log is read ahead, and what it costs, is the adapter's business; the rules are the domain's. */
export interface SettlementStore {
  opening: OpeningStore
  state: StateStore
  policies: PolicyStore
  clock: ClockStore
  log: LogStore
  folds: FoldStore
  weights: WeightStore
  plans: PlanStore
  decisions: DecisionStore
  system: SystemStore
  statements: StatementStore
  pages: PageStore
  seals: SealStore
  purchases: PurchaseStore
  journal: CommandFactStore
}
