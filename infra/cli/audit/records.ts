import type { Booking } from '../../../shared/domain/market/booking.ts'
import type { Offer } from '../../../shared/domain/market/offer.ts'
import type { Quote } from '../../../shared/domain/market/quote.ts'
import type { Order } from '../../../shared/domain/order/order.ts'
import type { Page } from '../../../shared/domain/page.ts'
import type { Inventory } from '../../../shared/domain/payout/inventory.ts'
import type { Payout } from '../../../shared/domain/payout/payout.ts'
import type { RecordKind } from '../../../shared/ledger/ports.ts'
import { pagesOf, recordKey } from '../../../shared/store/keys.ts'
import { Amounts, namesOf, total } from './arithmetic.ts'
import type { Findings } from './finding.ts'
import type { Commands } from './journal.ts'
import { checkLists } from './lists.ts'
import { nameOf, type Reading } from './reading.ts'

/** A hold as it stands on a page. */
interface Held {
  account: string
  amount: bigint
}

/** Records of one kind, by id. */
type Records<T> = Map<string, T>

/**
 * What commands keep beside the pages: no unit is sold twice, every hold belongs to something that still waits, and
 * what waits has its hold.
 */
export function checkRecords(
  commands: Commands,
  partitions: number,
  reading: Reading,
  findings: Findings,
): void {
  const orders = recordsOf<Order>(reading, 'ORDER', findings)
  const payouts = recordsOf<Payout>(reading, 'PAYOUT', findings)
  const quotes = recordsOf<Quote>(reading, 'QUOTE', findings)
  const moved = movedOutOf(commands)
  const latest = Math.max(-1, ...commands.entries.map(({ networkAt }) => networkAt))
  const parts = [
    () => checkHolds(holdsOn(reading, partitions), { orders, payouts }, latest, findings),
    () => checkOffers(recordsOf<Offer>(reading, 'OFFER', findings), { orders, quotes }, findings),
    () => checkOrders(orders, moved, findings),
    () => checkBookings(recordsOf<Booking>(reading, 'BOOKING', findings), quotes, moved, findings),
    () => checkPayouts(payouts, moved, findings),
    () => checkInventories(recordsOf<Inventory>(reading, 'INVENTORY', findings), payouts, findings),
    () => checkLists(reading, findings),
  ]
  for (const part of parts) findings.guard('records', {}, part)
}

function recordsOf<T>(reading: Reading, kind: RecordKind, findings: Findings): Records<T> {
  const records: Records<T> = new Map()
  for (const id of reading.named(`${kind}#`)) {
    const key = recordKey(kind, id)
    const value = reading.value<T>(key)
    if (value) records.set(id, value)
    else if (!reading.get(key)) findings.say('records', { item: nameOf(key) }, 'it has another sort key')
  }
  return records
}

function holdsOn(reading: Reading, partitions: number): Map<string, Held[]> {
  const holds = new Map<string, Held[]>()
  for (let partition = 0; partition < partitions; partition += 1) {
    for (const [, item] of reading.all(pagesOf(partition))) {
      for (const { account, holds: own } of reading.valueOf<Page>(item)?.accounts ?? [])
        for (const { id, amount } of own) holds.set(id, [...(holds.get(id) ?? []), { account, amount }])
    }
  }
  return holds
}

/** What each hold was ever paid out of, and what was made available again. */
function movedOutOf({ entries }: Commands): { captured: Amounts; released: Amounts } {
  const [captured, released] = [new Amounts(), new Amounts()]
  for (const { moves } of entries) {
    for (const move of moves) {
      if (move.move === 'capture' || move.move === 'charge') captured.add(move.hold, move.amount)
      else if (move.move === 'release') released.add(move.id, move.amount ?? 0n)
    }
  }
  return { captured, released }
}

/** A hold and the record it is for tell of one another, until the record has ended, or time has ended the hold. */
function checkHolds(
  holds: ReadonlyMap<string, readonly Held[]>,
  { orders, payouts }: { orders: Records<Order>; payouts: Records<Payout> },
  latest: number,
  findings: Findings,
): void {
  const wanted = new Map<string, Held & { until?: number }>()
  for (const [id, order] of orders) {
    const { state, buyer, held, captured, released, until } = order
    const left = held - captured - released
    if ((state === 'ACCEPTED' || state === 'DISPUTED') && left > 0n)
      wanted.set(`order#${id}`, { account: buyer, amount: left, until })
  }
  for (const [id, { state, account, amount }] of payouts)
    if (state === 'REQUESTED' || state === 'TIMELOCKED' || state === 'RELEASED')
      wanted.set(`payout#${id}`, { account, amount })
  for (const id of namesOf(wanted, holds)) {
    const expected = wanted.get(id)
    for (const { account, amount } of holds.get(id) ?? []) {
      if (!expected || expected.account !== account)
        findings.say(
          'records',
          { account },
          `the hold ${id} keeps ${amount} of it for nothing that still waits`,
        )
      else
        findings.equal(
          'records',
          { account },
          `what the hold ${id} keeps for its record`,
          expected.amount,
          amount,
        )
    }
    const isThere = holds.get(id)?.some(({ account }) => account === expected?.account) ?? false
    const isOver = expected?.until !== undefined && expected.until <= latest
    if (expected && !isThere && !isOver)
      findings.say(
        'records',
        { account: expected.account },
        `${id} waits, and its hold of ${expected.amount} is gone`,
      )
  }
}

function checkOffers(
  offers: Records<Offer>,
  { orders, quotes }: { orders: Records<Order>; quotes: Records<Quote> },
  findings: Findings,
): void {
  for (const [id, { quantity, takings }] of offers) {
    const place = { item: `OFFER#${id}` }
    const taken = total(takings.map((taking) => taking.quantity))
    if (taken > quantity)
      findings.say('records', place, `${taken} units of it are taken, and it has ${quantity}`)
    if (new Set(takings.map(({ by }) => by)).size < takings.length)
      findings.say('records', place, 'something has taken units of it twice')
    for (const { by, quantity: units } of takings) {
      const [kind, of = ''] = split(by)
      if (kind === 'order') {
        const order = orders.get(of)
        const waits = order?.state === 'ACCEPTED' || order?.state === 'DISPUTED'
        if (!order || !waits || order.offer !== id)
          findings.say('records', place, `${units} units are taken by ${by}, which does not wait for them`)
        else findings.equal('records', place, `the units that ${by} has taken`, order.quantity, units)
      } else if (kind === 'quote') {
        const quote = quotes.get(of)
        const lots = quote?.isReleased ? [] : (quote?.lots ?? [])
        const own = total(lots.filter(({ offer }) => offer === id).map((lot) => lot.quantity))
        findings.equal('records', place, `the units that ${by} has taken`, own, units)
      }
    }
  }
  for (const [id, { lots, isReleased }] of quotes) {
    for (const { offer, quantity } of isReleased ? [] : lots) {
      const isTaken = offers.get(offer)?.takings.some(({ by }) => by === `quote#${id}`)
      if (!isTaken)
        findings.say(
          'records',
          { item: `QUOTE#${id}` },
          `its ${quantity} units of offer ${offer} are not taken there: they could be sold again`,
        )
    }
  }
}

/** "order#id": the kind, and the id with whatever it has in it. */
function split(by: string): [kind: string, id?: string] {
  const at = by.indexOf('#')
  return at < 0 ? [by] : [by.slice(0, at), by.slice(at + 1)]
}

function checkOrders(orders: Records<Order>, moved: ReturnType<typeof movedOutOf>, findings: Findings): void {
  for (const [id, { captured, released }] of orders) {
    const place = { item: `ORDER#${id}` }
    findings.equal(
      'records',
      place,
      'what was paid out of its hold',
      moved.captured.of(`order#${id}`),
      captured,
    )
    findings.equal('records', place, 'what its hold gave back', moved.released.of(`order#${id}`), released)
  }
}

/** A booking is an accepted quote that was paid for. */
function checkBookings(
  bookings: Records<Booking>,
  quotes: Records<Quote>,
  { captured }: ReturnType<typeof movedOutOf>,
  findings: Findings,
): void {
  for (const [id, { requirement }] of bookings) {
    const place = { item: `BOOKING#${id}` }
    findings.equal('records', place, 'what its buyer has paid', captured.of(`booking#${id}`), requirement)
    findings.equal('records', place, 'the state of its quote', 'accepted', quotes.get(id)?.state)
  }
  for (const [id, { state }] of quotes)
    if (state === 'accepted' && !bookings.has(id))
      findings.say('records', { item: `QUOTE#${id}` }, 'it is accepted, and there is no booking of it')
}

function checkPayouts(
  payouts: Records<Payout>,
  { captured, released }: ReturnType<typeof movedOutOf>,
  findings: Findings,
): void {
  for (const [id, { state, amount }] of payouts) {
    const place = { item: `PAYOUT#${id}` }
    const isBack = state === 'FAILED' || state === 'CANCELLED'
    findings.equal(
      'records',
      place,
      'what has left by it',
      state === 'CONFIRMED' ? amount : 0n,
      captured.of(`payout#${id}`),
    )
    findings.equal(
      'records',
      place,
      'what of it went back',
      isBack ? amount : 0n,
      released.of(`payout#${id}`),
    )
  }
}

/** Other assets: deposited = balance + reserved + spent, and reserved and spent are what payouts say. */
function checkInventories(
  inventories: Records<Inventory>,
  payouts: Records<Payout>,
  findings: Findings,
): void {
  const [reserved, spent] = [new Amounts(), new Amounts()]
  for (const { state, asset, out, exchange } of payouts.values()) {
    if (!exchange) continue
    if (state === 'CONFIRMED') spent.add(asset, out)
    else if (state !== 'FAILED' && state !== 'CANCELLED') reserved.add(asset, out)
  }
  for (const asset of namesOf(inventories, reserved, spent)) {
    const place = { item: `INVENTORY#${asset}` }
    const inventory = inventories.get(asset)
    findings.equal(
      'records',
      place,
      'what payouts have reserved',
      reserved.of(asset),
      inventory?.reserved ?? 0n,
    )
    findings.equal('records', place, 'what payouts have spent', spent.of(asset), inventory?.spent ?? 0n)
    if (inventory && inventory.balance + inventory.reserved + inventory.spent !== inventory.deposited)
      findings.say(
        'records',
        place,
        `it has ${inventory.balance} left, ${inventory.reserved} reserved and ${inventory.spent} spent of ${inventory.deposited}`,
      )
  }
}
