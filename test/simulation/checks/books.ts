import type { Event } from '../../../shared/domain/event.ts'
import type { Page } from '../../../shared/domain/page.ts'
import type { Plan } from '../../../shared/domain/plan.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import type { Statement } from '../../../shared/domain/statement.ts'
import type { Quarantined } from '../../../shared/ingest/ports.ts'
import type { JournalEntry } from '../../../shared/ledger/ports.ts'
import type { NetworkState, SeenEra, StoredPolicy } from '../../../shared/settlement/ports.ts'
import { bytesOf, textOf } from '../../../shared/store/attributes.ts'
import { decode } from '../../../shared/store/codec.ts'
import type { Simulation } from '../simulation.ts'

/** A segment of the log, with the moment at which it was written. */
export interface WrittenSegment {
  era: number
  shard: number
  ulid: string
  writtenAt: number
  events: Event[]
}

/** Everything that a run left in the table, read by the product's own adapters. */
export interface Books {
  state: NetworkState
  policies: StoredPolicy[]
  seals: Seal[]
  plans: Map<number, Plan>
  statements: Statement[]
  pages: Page[]
  system: Record<string, bigint>
  journal: JournalEntry[]
  /** Hashes of what each shard of each era counted. */
  seen: SeenEra[]
  segments: WrittenSegment[]
  /** When the fold of each shard of an era was decided, by `era/shard`. */
  foldedAt: Map<string, number>
  quarantined: Quarantined[]
}

export async function readBooks({ store, database }: Simulation): Promise<Books> {
  const state = (await store.state.read()) as NetworkState
  const books: Books = {
    state,
    policies: [],
    seals: [],
    plans: new Map(),
    statements: [],
    pages: [],
    system: (await store.system.read()).balances,
    journal: [],
    seen: [],
    segments: [],
    foldedAt: new Map(),
    quarantined: await store.quarantine.waiting({ limit: 10_000 }),
  }
  for (let version = 1; version <= state.policyVersion; version += 1)
    books.policies.push(await store.policies.read(version))
  for (let era = 0; era <= state.sealedThrough; ) {
    const seal = (await store.seals.read(era)) as Seal
    books.seals.push(seal)
    const plan = await store.plans.read(era)
    if (plan) books.plans.set(era, plan)
    for (let partition = 0; partition < state.partitions; partition += 1)
      for await (const statement of store.statements.list(era, partition)) books.statements.push(statement)
    era = seal.through + 1
  }
  for (let partition = 0; partition < state.partitions; partition += 1)
    for await (const page of store.pages.list(partition)) books.pages.push(page)
  for (let shard = 0; shard < state.shards; shard += 1)
    for await (const seen of store.folds.seen(shard, Number.MAX_SAFE_INTEGER)) books.seen.push(seen)
  for (const { item, writtenAt } of database.history()) {
    const [kind, era, shard] = textOf(item, 'pk').split('#')
    const sk = textOf(item, 'sk')
    if (kind === 'JOURNAL') books.journal.push(decode<JournalEntry>(bytesOf(item, 'd')))
    if (kind === 'ERA' && sk.startsWith('FOLD#')) books.foldedAt.set(`${era}/${sk.slice(5)}`, writtenAt)
    if (kind === 'LOG') {
      const events = decode<{ event: Event }[]>(bytesOf(item, 'd')).map(({ event }) => event)
      books.segments.push({ era: Number(era), shard: Number(shard), ulid: sk, writtenAt, events })
    }
  }
  books.segments.sort((a, b) => a.era - b.era || (a.ulid < b.ulid ? -1 : 1))
  return books
}
