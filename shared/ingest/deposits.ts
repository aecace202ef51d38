import { pageOf } from '../domain/account.ts'
import { eraAt } from '../domain/calendar.ts'
import { ExchequerError } from '../domain/errors.ts'
import { positionOf, type TokensDeposited } from '../domain/event.ts'
import { contentDigest } from '../domain/fold.ts'
import { commandOfDeposit } from '../domain/moves.ts'
import { type Rejection, readEvent, showValue } from '../events/contracts.ts'
import { type PostDeps, post } from '../ledger/post.ts'
import { type Admission, withoutBlock } from './admission.ts'
import type { Warn } from './booking.ts'
import type { ReadMessage, Sent } from './messages.ts'

/** Pages that deposits are posted to side by side. Of one page one after the other: they would only conflict. */
const IN_FLIGHT = 16

/** How long one invocation posts, ms: well within the shortest time an ingest function has. The rest comes again. */
const POSTING_MS = 8_000

/** A deposit that may be posted, with the era it counts in where that is ahead of the one that is open. */
export interface AdmittedDeposit {
  deposit: TokensDeposited
  era: number
}

export interface Deposit extends AdmittedDeposit {
  sent: Sent
}

/**
 * Reads a deposit. What came in is there, so no deposit is too old or too early. On a wall clock it counts from the
 * era in which it comes; any other clock may be behind what is sent, and then the deposit's own era says from when.
 */
export function admitDeposit(
  { calendar, names }: Admission,
  data: unknown,
): AdmittedDeposit | { rejection: Rejection } {
  const read = readEvent('TokensDeposited', data)
  if ('rejection' in read) return read
  const { event: deposit } = read
  const rejection = withoutBlock(calendar, deposit)
  if (rejection) return { rejection }
  return {
    deposit,
    era: names.policy.era.clock === 'wall' ? -1 : eraAt(calendar, positionOf(deposit, calendar)),
  }
}

/**
 * Posts the deposits of messages, each once for ever. Answers with the messages of which one could not be posted. A
 * deposit whose id stands for another one is refused: it leaves its message's deposits for the refusals.
 */
export async function postDeposits(
  deps: PostDeps,
  warn: Warn,
  messages: readonly ReadMessage[],
): Promise<Set<ReadMessage>> {
  const failed = new Set<ReadMessage>()
  const until = deps.now() + POSTING_MS
  const all = messages.flatMap((message) => message.deposits.map((deposit) => ({ message, deposit })))
  const pages = [...Map.groupBy(all, ({ deposit }) => pageOf(deposit.deposit.account)).values()].values()
  const work = async (): Promise<void> => {
    for (const deposits of pages) {
      for (const { message, deposit } of deposits) {
        if (deps.now() > until) {
          failed.add(message)
          continue
        }
        const error = await postOne(deps, deposit)
        if (error?.code === 'JournalConflict') refuse(message, deposit)
        else if (error) {
          warn(`deposit ${deposit.deposit.id} was not posted: its message comes again`, error)
          failed.add(message)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return failed
}

async function postOne(deps: PostDeps, { deposit, era }: Deposit): Promise<ExchequerError | undefined> {
  const digest = contentDigest(deposit).toString('hex')
  const { id, moves } = commandOfDeposit(deposit)
  return post(deps, { id, digest, change: { moves }, era }).then(
    () => undefined,
    (error: Error) =>
      error instanceof ExchequerError
        ? error
        : new ExchequerError('NotPosted', error.message, { cause: error }),
  )
}

function refuse(message: ReadMessage, deposit: Deposit): void {
  message.deposits = message.deposits.filter((other) => other !== deposit)
  message.refusals.push({
    ...deposit.sent,
    rule: 'id',
    message: 'an id stands for one deposit for ever: another with this id is posted',
    value: showValue(deposit.deposit.id),
  })
}
