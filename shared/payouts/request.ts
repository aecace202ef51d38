import { type Account, pageOf } from '../domain/account.ts'
import { ExchequerError } from '../domain/errors.ts'
import { hold } from '../domain/hold.ts'
import type { Move } from '../domain/moves.ts'
import { type AccountState, newAccount } from '../domain/page.ts'
import {
  exchangeTerms,
  movesOf,
  ownTerms,
  type Payout,
  requested,
  requireMinimum,
  requireOffered,
  type Terms,
} from '../domain/payout/payout.ts'
import { rateFor } from '../domain/payout/rate.ts'
import { matured } from '../domain/release.ts'
import type { JournalEntry, LedgerStore, RecordWrite } from '../ledger/ports.ts'
import { type Command, type PostDeps, post } from '../ledger/post.ts'
import type { Moment } from '../ledger/time.ts'
import { inventoryWrite, lastRatedEra, payoutWrite, readInventory, readRate } from './records.ts'

/** What an account wants to be paid out. */
export interface Wish {
  account: Account
  /** Base units of the network's asset, or all that is available when it happens. */
  amount: bigint | 'all'
  /** Less than this is refused, beside the policy's own minimum. */
  minimum?: bigint | undefined
  /** The network's own where absent. */
  asset?: string | undefined
  /** The account's own name where absent. */
  destination?: string | undefined
}

export interface Requested {
  payout: Payout
  moves: Move[]
  records: RecordWrite[]
}

/** How often an account may be found to have less than all it had a moment before. */
const MAX_OVERTAKEN = 5

/**
 * The payout that a wish comes to, with what it moves and changes. Throws `BelowMinimum`, `AssetNotOffered`, `NoRate`,
 * `UnknownInventory`, `NotEnoughInventory`, `OwnInventory`; where all is wished for also `TooManyHolds`.
 */
export async function request(
  store: LedgerStore,
  moment: Moment,
  id: string,
  { account, amount, minimum, asset, destination = account }: Wish,
): Promise<Requested> {
  const { policy } = moment.policy
  const wanted = asset ?? policy.asset.symbol
  requireOffered(wanted, policy)
  const state = amount === 'all' ? await stateNow(store, moment, account) : undefined
  const asked = amount === 'all' ? (state?.available ?? 0n) : amount
  requireMinimum(asked, policy, minimum)
  const { terms, records } =
    wanted === policy.asset.symbol
      ? { terms: ownTerms(asked, policy), records: [] }
      : await inAnother(store, moment, { account, asked, asset: wanted })
  const payout = requested({ id, account, destination, terms }, moment.at, policy)
  const moves = movesOf(payout)
  // Said now, so that whoever asks on behalf of the account hears it as a reason.
  for (const move of moves) if (state && move.move === 'hold') hold(state, move)
  return { payout, moves, records: [payoutWrite(payout, 0), ...records] }
}

async function inAnother(
  store: LedgerStore,
  { state: { openEra } }: Moment,
  { account, asked, asset }: { account: Account; asked: bigint; asset: string },
): Promise<{ terms: Terms; records: RecordWrite[] }> {
  const published = (await readRate(store, asset, openEra))?.value
  const rate = rateFor(
    asset,
    openEra,
    published,
    published ? openEra : await lastRatedEra(store, asset, openEra),
  )
  const { value, version } = await readInventory(store, asset)
  const { terms, inventory } = exchangeTerms(asked, { account, rate, inventory: value })
  return { terms, records: [inventoryWrite(inventory, version)] }
}

async function stateNow(store: LedgerStore, moment: Moment, account: Account): Promise<AccountState> {
  const { accounts } = await store.pages.read(pageOf(account))
  return matured(accounts.find((state) => state.account === account) ?? newAccount(account), moment)
}

/**
 * Posts a command that may pay out all of what is available. What an account has may become less between the reading
 * and the transaction: then it is read again. Throws as `post`.
 */
export async function postRequest(
  deps: PostDeps,
  command: Command,
  wished: Wish['amount'],
): Promise<JournalEntry> {
  for (let overtaken = 0; ; overtaken += 1) {
    try {
      return await post(deps, command)
    } catch (error) {
      const isLess = wished === 'all' && error instanceof ExchequerError && error.code === 'NotEnough'
      if (!isLess || overtaken === MAX_OVERTAKEN) throw error
    }
  }
}
