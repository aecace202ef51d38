import { hash } from 'node:crypto'
import type { BusEvent, Spread } from './event.ts'

/**
 * What an event says as one line of ASCII text, in one way only: the same line for the same event, however it was
 * written, and another for any other. Fields stand between TABs, a LF ends the line, and what is absent is empty. No
 * field holds either of the two: ids, names and accounts are printable, and `details` is JSON.
 *
 * Every line begins with
 *
 *     name  id  occurredAt  block  stream  sequence
 *
 * and goes on, by name, with
 *
 *     FeeCharged, CostIncurred   kind  amount  payer  spread.from  spread.to  details
 *     MetricReported             account  metric  value
 *     StakeReported              account  lot  amount  lockSeconds
 *     ParticipantChanged         account  group  status
 *     ObligationDue              account  obligation  amount  spread.from  spread.to
 *     SpreadEnded                event  spreadId  refundTo
 *     TokensDeposited            account  amount
 *     RatePublished              asset  numerator  denominator
 *     PayoutConfirmed, -Failed   payoutId
 *
 * Numbers are decimal: amounts in base units, moments in ms since 1970, a spread in the positions of its network (ms or
 * blocks). Accounts are as they are booked (EVM addresses in lower case). `details` is its canonical JSON, in which
 * every UTF-16 unit above U+007F is written as \uXXXX, in lower-case hexadecimal.
 */
export function eventLine(event: BusEvent): string {
  // As a bigint: a number above 2^31 takes three times as long to write.
  const at = BigInt(event.occurredAt)
  return `${event.name}\t${event.id}\t${at}\t${numbers(event)}\t${said(event)}\n`
}

/** sha-256 of an event's line, hex: the same for two events that say the same. */
export function contentDigest(event: BusEvent): string {
  return hash('sha256', eventLine(event), 'hex')
}

/** Most events have none of them, and era by era there are millions of lines to write. */
function numbers({ block, stream, sequence }: BusEvent): string {
  if (block === undefined && stream === undefined && sequence === undefined) return '\t\t'
  return `${block ?? ''}\t${stream ?? ''}\t${sequence ?? ''}`
}

function said(event: BusEvent): string {
  switch (event.name) {
    case 'FeeCharged':
    case 'CostIncurred': {
      const { kind, amount, payer, spread, details } = event
      return `${kind}\t${amount}\t${payer ?? ''}\t${ends(spread)}\t${details ? inAscii(details) : ''}`
    }
    case 'MetricReported':
      return `${event.account}\t${event.metric}\t${event.value}`
    case 'StakeReported':
      return `${event.account}\t${event.lot}\t${event.amount}\t${event.lockSeconds}`
    case 'ParticipantChanged':
      return `${event.account}\t${event.group}\t${event.status}`
    case 'ObligationDue':
      return `${event.account}\t${event.obligation}\t${event.amount}\t${ends(event.spread)}`
    case 'SpreadEnded':
      return `${event.event}\t${event.spreadId}\t${event.refundTo ?? ''}`
    case 'TokensDeposited':
      return `${event.account}\t${event.amount}`
    case 'RatePublished':
      return `${event.asset}\t${event.numerator}\t${event.denominator}`
    case 'PayoutConfirmed':
    case 'PayoutFailed':
      return event.payoutId
  }
}

function ends(spread: Spread | undefined): string {
  return spread ? `${spread.from}\t${spread.to}` : '\t'
}

function inAscii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
