import type { AccountState, Page } from '../../../shared/domain/page.ts'
import { pageSk, pagesOf } from '../../../shared/store/keys.ts'
import { Amounts, canonical, orderOf, pageNumber, partitionOfPage, total } from './arithmetic.ts'
import type { Chain } from './chain.ts'
import type { Credits } from './credits.ts'
import type { Findings } from './finding.ts'
import { boundIn, checkHoldings } from './holdings.ts'
import { type Commands, sidesOf } from './journal.ts'
import type { Policies } from './policies.ts'
import { nameOf, type Reading } from './reading.ts'
import { type Genesis, genesisOf } from './rules.ts'

/** What accounts come to in sum. */
export interface Held {
  accounts: number
  balances: bigint
  /** Charged and slashed, and no era has counted it yet. */
  outboxes: bigint
}

/** Everything that says what an account should have. */
export interface Sources {
  chain: Chain
  policies: Policies
  commands: Commands
  credits: Credits
}

/**
 * Invariant 1, account by account: what is on its page follows from genesis, journal and statements alone. Lifetime
 * figures and the balance to the unit; what is available, pending, held and staked of it as far as time allows.
 */
export function checkAccounts(sources: Sources, reading: Reading, findings: Findings): Held {
  const { chain, policies, commands, credits } = sources
  const { partitions } = chain.state
  const genesis = genesisOf(policies.first.raw)
  const held: Held = { accounts: 0, balances: 0n, outboxes: 0n }
  const expected = expectedPages(genesis, commands, credits)
  for (let partition = 0; partition < partitions; partition += 1) {
    for (const [sk, item] of reading.all(pagesOf(partition))) {
      const place = { item: nameOf({ pk: pagesOf(partition), sk }) }
      const page = reading.valueOf<Page>(item)
      if (!page) {
        expected.delete(Number(sk))
        continue
      }
      const accounts = expected.get(page.page) ?? new Set<string>()
      expected.delete(page.page)
      findings.equal('accounts', place, 'the page under this key', sk, pageSk(page.page))
      findings.equal(
        'accounts',
        place,
        'the partition of the page',
        partitionOfPage(page.page, partitions),
        partition,
      )
      findings.equal('accounts', place, 'the version beside the page', page.version, Number(item.version?.N))
      checkPage(page, accounts, sources, genesis, findings)
      for (const state of page.accounts) {
        held.accounts += 1
        held.balances += state.available + boundIn(state)
        for (const fact of state.outbox)
          if ('amount' in fact && fact.of !== 'Due') held.outboxes += fact.amount
      }
    }
  }
  for (const [page, accounts] of expected)
    findings.say(
      'accounts',
      { item: nameOf({ pk: pagesOf(partitionOfPage(page, partitions)), sk: pageSk(page) }) },
      `the page is missing: it has ${[...accounts].join(', ')}`,
    )
  return held
}

/** Accounts by page, from everything that names them. */
function expectedPages(genesis: Genesis, commands: Commands, credits: Credits): Map<number, Set<string>> {
  const pages = new Map<number, Set<string>>()
  for (const account of [...genesis.balances.keys(), ...commands.moves.keys(), ...credits.byAccount.keys()]) {
    const page = pageNumber(account)
    pages.set(page, (pages.get(page) ?? new Set()).add(account))
  }
  return pages
}

function checkPage(
  page: Page,
  expected: ReadonlySet<string>,
  sources: Sources,
  genesis: Genesis,
  findings: Findings,
): void {
  const { chain, commands, credits } = sources
  const item = `page ${page.page}`
  const eras = credits.erasOfPage.get(page.page) ?? []
  const changes = (commands.pageChanges.get(page.page) ?? 0) + eras.length
  findings.equal(
    'accounts',
    { item },
    'its version, one for each command and statement that is in it',
    changes,
    page.version,
  )
  findings.equal(
    'accounts',
    { item },
    'the last era that is credited to it',
    eras.at(-1) ?? -1,
    page.creditedThrough,
  )
  if (page.label > chain.state.openEra)
    findings.say(
      'accounts',
      { item },
      `it is labelled with era ${page.label}, and era ${chain.state.openEra} is the open one`,
    )
  const found = new Set<string>()
  let before = ''
  for (const state of page.accounts) {
    const { account } = state
    const order = orderOf(account)
    if (order <= before) findings.say('accounts', { account, item }, 'it is not in its place on the page')
    before = order
    found.add(account)
    if (pageNumber(account) !== page.page)
      findings.say('accounts', { account, item }, `it belongs to page ${pageNumber(account)}`)
    if (!expected.has(account))
      findings.say('accounts', { account, item }, 'neither genesis nor journal nor a statement knows it')
    findings.guard('accounts', { account }, () => checkAccount(state, page, sources, genesis, findings))
  }
  for (const account of expected)
    if (!found.has(account)) findings.say('accounts', { account, item }, 'it is missing on its page')
}

function checkAccount(
  state: AccountState,
  page: Page,
  { chain, policies, commands, credits }: Sources,
  genesis: Genesis,
  findings: Findings,
): void {
  const { account } = state
  const place = { account }
  const moves = commands.moves.get(account) ?? []
  const stated = credits.byAccount.get(account)
  const life = { earned: 0n, deposited: genesis.balances.get(account) ?? 0n, received: 0n, paid: 0n }
  for (const { amount, refunded } of stated?.credits ?? []) {
    life.earned += amount - refunded
    life.received += refunded
  }
  for (const { move } of moves) {
    const [from, to] = sidesOf(move)
    const amount = 'amount' in move ? (move.amount ?? 0n) : 0n
    if (from === account) life.paid += amount
    if (to === account) life[from === '@external' ? 'deposited' : 'received'] += amount
  }
  for (const key of ['earned', 'deposited', 'received', 'paid'] as const)
    findings.equal('accounts', place, `all that it ever ${WORDS[key]}`, life[key], state[key])
  const balance = life.earned + life.deposited + life.received - life.paid
  findings.equal(
    'accounts',
    place,
    'what it has available, its balance less what waits',
    balance - boundIn(state),
    state.available,
  )
  if (state.available < 0n) findings.say('accounts', place, `it has ${state.available} available`)
  checkHoldings(
    {
      state,
      stated,
      moves,
      sealedThrough: chain.state.sealedThrough,
      sealIsEnough: policies.versions.some(({ byBlock, timelockMs }) => byBlock && timelockMs === 0),
    },
    findings,
  )
  const facts = commands.factsAfter(account, Math.max(page.creditedThrough, chain.state.sealedThrough)).sort()
  const waiting = state.outbox.map(canonical).sort()
  findings.equal(
    'accounts',
    place,
    'what commands tell the next settlement (outbox)',
    facts.join(),
    waiting.join(),
  )
  findings.equal('accounts', place, 'what it is owed', stated?.owed ?? 0n, state.owed)
  const dues = [...(stated?.dues ?? [])].filter(([, due]) => due > 0n)
  findings.equal(
    'accounts',
    place,
    'what it is due',
    canonical(Object.fromEntries(dues)),
    canonical(state.dues),
  )
  findings.equal('accounts', place, 'its roles', canonical(stated?.roles ?? []), canonical(state.roles))
  findings.equal(
    'accounts',
    place,
    'its reported stakes',
    canonical(stated?.lots ?? []),
    canonical(state.lots),
  )
  findings.equal(
    'accounts',
    place,
    'what vests for it',
    canonical(genesis.vesting.get(account) ?? []),
    canonical(state.vesting),
  )
  checkOpenings(state, { chain, policies, commands, credits }, balance, findings)
}

const WORDS = {
  earned: 'earned',
  deposited: 'got from outside',
  received: 'got from other accounts',
  paid: 'paid',
}

/** The openings of eras that are still to be weighed, where their policy weighs by balance. */
function checkOpenings(
  state: AccountState,
  { chain, policies, commands, credits }: Sources,
  balance: bigint,
  findings: Findings,
): void {
  const { sealedThrough, openEra } = chain.state
  const { account } = state
  for (let era = sealedThrough + 1; era <= openEra; era += 1) {
    if (!policies.of(era).metrics.has('balance')) continue
    // What is labelled with this era or a later one is not in its opening; a credit of era m is labelled m + 1.
    const later = (commands.moves.get(account) ?? []).flatMap(({ entry, move }) => {
      const [from, to] = sidesOf(move)
      const amount = 'amount' in move ? (move.amount ?? 0n) : 0n
      return entry.era < era ? [] : [(to === account ? amount : 0n) - (from === account ? amount : 0n)]
    })
    const own = credits.byAccount.get(account)?.credits ?? []
    const credited = own.filter((credit) => credit.era + 1 >= era).map(({ amount }) => amount)
    const expected = balance - total(later) - total(credited)
    const frozen = state.openings.find(({ through }) => through >= era)
    const found = frozen ? frozen.amount : state.available + boundIn(state)
    findings.equal(
      'accounts',
      { account, era },
      'what it had when the era began, as its page has it',
      expected,
      found,
    )
  }
}

/** The same of all accounts together, against what is known to have come in and gone out. */
export function checkConservation(
  held: Held,
  { chain, policies, commands, credits }: Sources,
  takenBySettling: bigint,
  findings: Findings,
): void {
  const { seals, state, system } = chain
  const genesis = genesisOf(policies.first.raw)
  const external = total(
    seals.flatMap(({ postings }) =>
      postings.filter(({ from }) => from === '@external').map(({ amount }) => amount),
    ),
  )
  // An era that is being settled may have credited accounts already, out of what its seal will take.
  const ahead = credits.of(state.sealedThrough + 1)?.sum() ?? 0n
  const begun = total([...genesis.system.values(), ...genesis.balances.values()])
  const own = Amounts.from(system.balances).sum()
  const [has, should] = [
    held.balances + own + held.outboxes,
    begun + commands.cameIn + external - commands.wentOut + ahead - takenBySettling,
  ]
  if (has === should) return
  findings.say(
    'conservation',
    {},
    `accounts have ${held.balances}, the network's own ${own}, and ${held.outboxes} waits in outboxes: ${has} in all. ` +
      `Genesis ${begun}, deposits ${commands.cameIn} and external income ${external} less payouts ${commands.wentOut} are ${should}: ` +
      `${has > should ? `${has - should} came from nowhere` : `${should - has} is lost`}`,
    `by ${has - should}`,
  )
}
