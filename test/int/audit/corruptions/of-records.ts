import type { Booking } from '../../../../shared/domain/market/booking.ts'
import type { Offer } from '../../../../shared/domain/market/offer.ts'
import type { Quote } from '../../../../shared/domain/market/quote.ts'
import type { Order } from '../../../../shared/domain/order/order.ts'
import type { Inventory } from '../../../../shared/domain/payout/inventory.ts'
import type { Payout } from '../../../../shared/domain/payout/payout.ts'
import type { JournalEntry } from '../../../../shared/ledger/ports.ts'
import { type Corruption, entryWith } from './corruption.ts'

/** What commands keep beside the pages. */
export const RECORDS: Corruption[] = [
  [
    'an offer whose units are sold twice',
    (table) =>
      table.change<Offer>('OFFER#data', '.', ({ takings }) => {
        takings.push({ by: 'order#sold-again', quantity: 9n })
      }),
    /^records: OFFER#data: 12 units of it are taken, and it has 10$/,
    /^records: OFFER#data: 9 units are taken by order#sold-again, which does not wait for them$/,
  ],
  [
    'units of a quote that could be sold again',
    (table) => table.change<Offer>('OFFER#disk', '.', (offer) => (offer.takings = [])),
    /^records: QUOTE#\w+: its 2 units of offer disk are not taken there: they could be sold again$/,
  ],
  [
    'a quote accepted without a booking',
    (table, { quotes }) =>
      table.change<Quote>(`QUOTE#${quotes.waits}`, '.', (quote) => (quote.state = 'accepted')),
    /^records: QUOTE#\w+: it is accepted, and there is no booking of it$/,
  ],
  [
    'a booking that was not paid in full',
    (table, { quotes }) =>
      table.change<Booking>(`BOOKING#${quotes.booked}`, '.', (booking) => (booking.requirement += 1n)),
    /^records: BOOKING#\w+: what its buyer has paid: 25 expected, 26 found$/,
  ],
  [
    'an order that says its seller got more',
    (table, { orders }) =>
      table.change<Order>(`ORDER#${orders.fulfilled}`, '.', (order) => (order.captured += 1n)),
    /^records: ORDER#\w+: what was paid out of its hold: 80 expected, 81 found$/,
  ],
  [
    'an order lost while tokens are held for it',
    (table, { orders }) => table.drop(`ORDER#${orders.waits}`),
    /^records: bob: the hold order#\w+ keeps 40 of it for nothing that still waits$/,
    /^records: OFFER#data: 1 units are taken by order#\w+, which does not wait for them$/,
  ],
  [
    'a payout confirmed that never left',
    (table, { payouts }) =>
      table.change<Payout>(`PAYOUT#${payouts.released}`, '.', (payout) => (payout.state = 'CONFIRMED')),
    /^records: PAYOUT#\w+: what has left by it: 42 expected, 0 found$/,
  ],
  [
    'a payout counted twice',
    (table) => {
      const pk = entryWith(table, (move) => move.move === 'capture' && move.amount === 40n)
      table.copy(pk, '.', { pk: `${pk}-again` })
      table.change<JournalEntry>(`${pk}-again`, '.', (entry) => {
        entry.id += '-again'
      })
    },
    /^records: PAYOUT#\w+: what has left by it: 40 expected, 80 found$/,
    /^accounts: dee: all that it ever paid: \d+ expected, \d+ found$/,
    /^conservation: .* less payouts 80 are \d+: 40 came from nowhere$/,
  ],
  [
    'a payout that failed and did not give back',
    (table, { payouts }) =>
      table.change<Payout>(`PAYOUT#${payouts.failed}`, '.', (payout) => (payout.amount = 45n)),
    /^records: PAYOUT#\w+: what of it went back: 45 expected, 41 found$/,
  ],
  [
    'a payout that waits and that no run looks at',
    (table, { payouts }) => table.set(`PAYOUT#${payouts.waits}`, '.', { list: { S: 'payouts' } }),
    /^records: PAYOUT#\w+: it stands in the list payouts and not in payouts#due: it is never released$/,
  ],
  [
    'a payout that is looked at too late',
    (table, { payouts }) =>
      table.set(`PAYOUT#${payouts.waits}`, '.', { place: { S: `999999999999999#${payouts.waits}` } }),
    /^records: PAYOUT#\w+: it stands in payouts#due at 9+#\w+, and is due at \d+ ms: it is never released in time$/,
  ],
  [
    'a payout that has ended and is still looked at',
    (table, { payouts }) => table.set(`PAYOUT#${payouts.failed}`, '.', { list: { S: 'payouts#due' } }),
    /^records: PAYOUT#\w+: it stands in the list payouts#due, and waits for nothing$/,
  ],
  [
    'a quote whose units nobody would ever set free',
    (table, { quotes }) => table.set(`QUOTE#${quotes.waits}`, '.', { list: { S: 'releases#storage' } }),
    /^records: QUOTE#\w+: it stands in the list releases#storage and not in releases#storage#eu: its units stay taken$/,
  ],
  [
    'an inventory that has spent more than payouts say',
    (table) =>
      table.change<Inventory>('INVENTORY#USDC', '.', (inventory) => {
        inventory.spent += 1n
      }),
    /^records: INVENTORY#USDC: what payouts have spent: 100 expected, 101 found$/,
    /^records: INVENTORY#USDC: it has 4900 left, 0 reserved and 101 spent of 5000$/,
  ],
]
