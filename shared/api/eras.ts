import type * as z from 'zod'
import { eraEnd, eraStart, formatMoment } from '../domain/calendar.ts'
import type { Seal } from '../domain/seal.ts'
import type { StoredPolicy } from '../settlement/ports.ts'
import type { eraResponse, erasResponse } from './contracts/eras.ts'
import { readEraCursor, writeCursor } from './cursor.ts'
import { calendarOf, type Reader } from './network.ts'
import { mapValues, moneyOf, span } from './present.ts'
import { ProblemError } from './problems.ts'

type Eras = z.output<typeof erasResponse>
type Era = z.output<typeof eraResponse>

/** Sealed eras, newest first; a run of eras in which nothing moved is one row. Throws `InvalidCursor`. */
export async function listEras(
  { store, network }: Reader,
  query: { cursor?: string | undefined; limit: number },
): Promise<Eras> {
  const before = query.cursor === undefined ? undefined : readEraCursor('eras', query.cursor)
  const { seals, next } = await store.seals({ before, limit: query.limit })
  const eras = await Promise.all(
    seals.map(async (seal) => summarise(seal, await network.policy(seal.policyVersion))),
  )
  return { eras, ...(next !== undefined && { next: writeCursor('eras', String(next)) }) }
}

function summarise(seal: Seal, stored: StoredPolicy): Eras['eras'][number] {
  const money = moneyOf(stored.policy)
  return {
    era: seal.era,
    through: seal.through,
    ...span(calendarOf(stored), seal),
    state: seal.state,
    income: money(seal.income.total),
    cost: money(seal.cost.total),
    net: money(seal.net),
    credits: { total: money(seal.credits.total), accounts: seal.credits.accounts },
    hash: seal.hash,
  }
}

/** The seal that covers an era. Throws `UnknownEra`, saying how far eras are sealed. */
export async function findSeal({ network }: Reader, era: number): Promise<Seal> {
  const seal = await network.seal(era)
  if (seal) return seal
  const { sealedThrough } = (await network.read()).state
  const last = sealedThrough < 0 ? 'none is sealed yet' : `the last sealed era is ${sealedThrough}`
  throw new ProblemError('UnknownEra', `an era can be read once it is sealed, and ${last}: got era ${era}`)
}

/** Everything a sealed era's record says, with what its deliveries were like. Throws `UnknownEra`. */
export async function readEra(reader: Reader, { n }: { n: number }): Promise<Era> {
  const seal = await findSeal(reader, n)
  const [stored, plan] = await Promise.all([reader.network.policy(seal.policyVersion), reader.store.plan(n)])
  const calendar = calendarOf(stored)
  const money = moneyOf(stored.policy)
  const deliveries = plan?.deliveries ?? { duplicates: 0, conflictCount: 0, conflicts: [] }
  return {
    era: n,
    phase: 'SEALED',
    ...span(calendar, { from: eraStart(calendar, n), to: eraEnd(calendar, n) }),
    state: seal.state,
    policy: { version: seal.policyVersion, hash: seal.policyHash },
    income: {
      total: money(seal.income.total),
      kinds: mapValues(seal.income.kinds, ({ count, charged, admitted, deferred, recognised }) => ({
        count,
        charged: money(charged),
        admitted: money(admitted),
        deferred: money(deferred),
        recognised: money(recognised),
      })),
    },
    cost: {
      total: money(seal.cost.total),
      owedBefore: money(seal.cost.owedBefore),
      kinds: mapValues(seal.cost.kinds, ({ count, amount }) => ({ count, amount: money(amount) })),
    },
    net: money(seal.net),
    ...(seal.draw !== undefined && { draw: money(seal.draw) }),
    ...(seal.owed !== undefined && { owed: money(seal.owed) }),
    ...(seal.held !== undefined && {
      held: {
        amount: money(seal.held.amount),
        because: seal.held.because.map(({ rule, value, least, most }) => ({
          rule,
          value: money(value),
          ...(least !== undefined && { least: money(least) }),
          ...(most !== undefined && { most: money(most) }),
        })),
      },
    }),
    ...(seal.decided !== undefined && {
      decided: seal.decided.map(({ amount, ...decided }) => ({ ...decided, amount: money(amount) })),
    }),
    lines: mapValues(seal.lines, (lines) => mapValues(lines, money)),
    credits: {
      total: money(seal.credits.total),
      accounts: seal.credits.accounts,
      largest: seal.credits.largest.map(({ account, amount }) => ({ account, amount: money(amount) })),
    },
    opening: mapValues(seal.opening, money),
    system: mapValues(seal.system, money),
    postings: seal.postings.map(({ from, to, amount, why }) => ({ from, to, amount: money(amount), why })),
    releaseAt: formatMoment(seal.releaseAt),
    counted: { ...seal.counted },
    late: seal.late,
    duplicates: deliveries.duplicates,
    conflicts: {
      count: deliveries.conflictCount,
      first: deliveries.conflicts.map(({ name, id }) => ({ name, id })),
    },
    streams: seal.streams.map(({ stream, first, last, distinct, gaps }) => ({
      stream,
      first,
      last,
      distinct,
      gaps,
    })),
    eventsDigest: seal.eventsDigest,
    statementsDigest: seal.statementsDigest,
    seal: { era: seal.era, through: seal.through, hash: seal.hash, previousHash: seal.previousHash },
  }
}
