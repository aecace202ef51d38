import type * as z from 'zod'
import type { eraResponse } from '../../../shared/api/contracts/eras.ts'
import type { Amount } from '../../../shared/api/present.ts'
import { eraEnd, eraStart, parseMoment } from '../../../shared/domain/calendar.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import { sealHash } from '../../../shared/domain/sealing.ts'

/** A sealed era as the API answers it. */
export type Era = z.output<typeof eraResponse>

/** What of a chain of seals does not hold; nothing when all of it does. */
export interface ChainBreak {
  era: number
  what: string
}

/**
 * Proves a run of sealed eras, oldest first, from what the API says of them and nothing else: the hash of each seal is
 * worked out anew, and is the previous hash of the next. `policy` gives the positions of seals that cover several eras.
 */
export function checkSealChain(eras: readonly Era[], policy: Policy): ChainBreak[] {
  const breaks: ChainBreak[] = []
  let before: Era['seal'] | undefined
  for (const era of eras) {
    const { seal } = era
    if (before?.era === seal.era) continue
    if (before && seal.previousHash !== before.hash) {
      breaks.push({
        era: seal.era,
        what: `follows ${short(seal.previousHash)}, but the seal before it is ${short(before.hash)}`,
      })
    }
    const hash = sealHash(sealOf(era, policy))
    if (hash !== seal.hash)
      breaks.push({
        era: seal.era,
        what: `says its hash is ${short(seal.hash)}, but its content gives ${short(hash)}`,
      })
    before = seal
  }
  return breaks
}

/** First digits of a hash, for people. */
export function short(hash: string): string {
  return hash === '' ? 'nothing' : `${hash.slice(0, 12)}…`
}

/** Every field that a hash covers: a field more in the seal is an error of types here, until it is told of. */
type Body = Record<keyof Omit<Seal, 'hash'>, unknown>

/**
 * The seal's own body: as the API tells it, with plain amounts. Amounts as decimal strings hash like the bigints they
 * are, and what is undefined is not hashed.
 */
function sealOf(era: Era, policy: Policy): Omit<Seal, 'hash'> {
  const { calendar } = policy.era
  const body: Body = {
    era: era.seal.era,
    through: era.seal.through,
    from: eraStart(calendar, era.seal.era),
    to: eraEnd(calendar, era.seal.through),
    state: era.state,
    policyVersion: era.policy.version,
    policyHash: era.policy.hash,
    income: plain(era.income),
    cost: plain(era.cost),
    net: plain(era.net),
    draw: plain(era.draw),
    owed: plain(era.owed),
    held: plain(era.held),
    decided: plain(era.decided),
    lines: plain(era.lines),
    credits: plain(era.credits),
    opening: plain(era.opening),
    system: plain(era.system),
    postings: plain(era.postings),
    counted: era.counted,
    late: era.late,
    streams: era.streams,
    releaseAt: parseMoment(era.releaseAt),
    eventsDigest: era.eventsDigest,
    statementsDigest: era.statementsDigest,
    previousHash: era.seal.previousHash,
  }
  return body as unknown as Omit<Seal, 'hash'>
}

/** Puts the bare decimal string wherever the API writes an amount with its asset. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if (isAmount(value)) return value.amount
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
}

function isAmount(value: object): value is Amount {
  return 'amount' in value && 'asset' in value && 'decimals' in value
}
