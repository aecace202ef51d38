import { eraEnd, eraStart } from '../../../shared/domain/calendar.ts'
import { applyMoves, pagesOf } from '../../../shared/domain/moves.ts'
import { balanceOf, emptyPage, type Page } from '../../../shared/domain/page.ts'
import { metricsUsed } from '../../../shared/domain/policy/columns.ts'
import { sealQuietRange } from '../../../shared/domain/quiet.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import { type Network, openNetwork, settleEra } from '../../../shared/domain/settle.ts'
import type { JournalEntry } from '../../../shared/ledger/ports.ts'
import type { Books, WrittenSegment } from './books.ts'
import { firstDifference } from './text.ts'

/**
 * Settles again in memory what the log of a run holds and its commands did, and compares: every seal to the byte, and
 * what every account has. A line for each difference.
 */
export async function wronglySettled(books: Books): Promise<string[]> {
  const { state, seals, policies } = books
  const [first] = policies
  if (!first) return ['the network has no policy']
  const network = openNetwork(first.policy, first.hash, state.shards, state.partitions)
  const waiting = books.journal.toSorted((a, b) => a.era - b.era || a.at - b.at)
  for (const seal of seals) {
    while (waiting[0] && waiting[0].era <= seal.era)
      postAgain(network, waiting.shift() as JournalEntry, seal.era)
    const again = await sealAgain(network, books, seal)
    const difference = firstDifference(again, seal)
    if (difference) return [`settled again, the seal of era ${seal.era} is another: ${difference}`]
  }
  for (const entry of waiting) postAgain(network, entry, state.sealedThrough + 1)
  return wrongBalances(network, books.pages)
}

async function sealAgain(network: Network, books: Books, seal: Seal): Promise<Seal> {
  if (!books.plans.has(seal.era)) {
    const { policy, policyHash, system } = network
    const quiet = sealQuietRange(
      { policy, policyVersion: policy.version, policyHash, system },
      seal.era,
      seal.through,
    )
    if (!quiet)
      throw new Error(`era ${seal.era} was sealed as one in which nothing moves, but something does`)
    network.system = quiet.system
    return quiet.seal
  }
  const segments = books.segments.filter(({ era }) => era === seal.era)
  const events = segments.filter((segment) => wasFolded(books, segment)).flatMap(({ events }) => events)
  return (await settleEra(network, seal.era, events)).seal
}

/** Whether a segment was there when the fold of its shard was decided: whoever writes later writes again elsewhere. */
function wasFolded({ foldedAt }: Books, { era, shard, writtenAt }: WrittenSegment): boolean {
  return writtenAt <= (foldedAt.get(`${era}/${shard}`) ?? Number.NEGATIVE_INFINITY)
}

export function postAgain(network: Network, { moves, era, networkAt }: JournalEntry, open: number): void {
  const { calendar } = network.policy.era
  const pages = pagesOf(moves).map((page) => network.pages.get(page) ?? emptyPage(page))
  const label = Math.max(Math.min(open, era), ...pages.map((page) => page.label))
  const time = {
    label,
    era: Math.max(label, era),
    at: networkAt,
    position: eraStart(calendar, Math.min(open, era)),
    sealedThrough: open - 1,
    settledTo: open === 0 ? 0 : eraEnd(calendar, open - 1),
    freezes: metricsUsed(network.policy).has('balance'),
  }
  for (const page of applyMoves(pages, moves, time)) network.pages.set(page.page, page)
}

function wrongBalances(network: Network, pages: readonly Page[]): string[] {
  const [ours, theirs] = [balances([...network.pages.values()]), balances(pages)]
  const difference = firstDifference(ours, theirs)
  return difference ? [`settled again, an account has something else: ${difference}`] : []
}

function balances(pages: readonly Page[]): Record<string, object> {
  const accounts = pages.flatMap((page) => page.accounts)
  const entries = accounts.map((account): [string, object] => [
    account.account,
    {
      balance: balanceOf(account),
      earned: account.earned,
      deposited: account.deposited,
      owed: account.owed,
      dues: account.dues,
      roles: account.roles,
      lots: account.lots,
    },
  ])
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
