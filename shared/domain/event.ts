import { hash } from 'node:crypto'
import type { Account } from './account.ts'
import { type Calendar, isByBlock } from './calendar.ts'

/** What every event carries. An event is known by its name and id, whatever else it says. */
interface EventBase {
  /** 1 to 128 of ASCII 0x20 to 0x7e. */
  id: string
  /** Milliseconds since 1970. */
  occurredAt: number
  /** Where eras are counted in blocks every event says its block. */
  block?: number
  /** A producer's own numbering, for finding gaps. */
  stream?: string
  sequence?: number
}

/** What is recognised bit by bit: positions (ms or blocks), half-open. */
export interface Spread {
  from: number
  to: number
}

export interface FeeCharged extends EventBase {
  name: 'FeeCharged'
  kind: string
  /** Base units, above 0. */
  amount: bigint
  payer?: Account
  spread?: Spread
  /** Canonical JSON of whatever the producer adds. */
  details?: string
}

export interface CostIncurred extends EventBase {
  name: 'CostIncurred'
  kind: string
  amount: bigint
  /** Who is paid back; `@expenses` when absent. */
  payer?: Account
  spread?: Spread
  details?: string
}

export interface MetricReported extends EventBase {
  name: 'MetricReported'
  account: Account
  metric: string
  value: bigint
}

/** From then on the lot holds this amount: a level, not a change. */
export interface StakeReported extends EventBase {
  name: 'StakeReported'
  account: Account
  lot: string
  amount: bigint
  lockSeconds: number
}

export type Status = 'active' | 'suspended' | 'left'

export interface ParticipantChanged extends EventBase {
  name: 'ParticipantChanged'
  account: Account
  group: string
  status: Status
}

export interface ObligationDue extends EventBase {
  name: 'ObligationDue'
  account: Account
  obligation: string
  amount: bigint
  spread?: Spread
}

/** Stops the spread of the event called (`event`, `spreadId`) at this event's moment. */
export interface SpreadEnded extends EventBase {
  name: 'SpreadEnded'
  event: 'FeeCharged' | 'CostIncurred' | 'ObligationDue'
  spreadId: string
  refundTo?: Account
}

/** Tokens that came in from outside. A command: it is posted at once, and no era counts it. */
export interface TokensDeposited extends EventBase {
  name: 'TokensDeposited'
  account: Account
  /** Base units, above 0. */
  amount: bigint
}

/** What another asset is worth in the era that holds its moment. A command: it holds at once. */
export interface RatePublished extends EventBase {
  name: 'RatePublished'
  asset: string
  /** Base units of `asset` for `denominator` base units of the network's. Both above 0. */
  numerator: bigint
  denominator: bigint
}

/** What became of a released payout, says whoever moves the money. A command. */
export interface PayoutConfirmed extends EventBase {
  name: 'PayoutConfirmed'
  payoutId: string
}

/** The money was not moved, and is the account's again. A command. */
export interface PayoutFailed extends EventBase {
  name: 'PayoutFailed'
  payoutId: string
}

/** What an era counts. */
export type Event =
  | FeeCharged
  | CostIncurred
  | MetricReported
  | StakeReported
  | ParticipantChanged
  | ObligationDue
  | SpreadEnded

export type EventName = Event['name']

/** What is posted at once, and no era counts. */
export type CommandEvent = TokensDeposited | RatePublished | PayoutConfirmed | PayoutFailed

export type CommandName = CommandEvent['name']

/** All that producers send: what an era counts, and commands. */
export type BusEvent = Event | CommandEvent

export type BusEventName = BusEvent['name']

const COMMANDS: Record<CommandName, true> = {
  TokensDeposited: true,
  RatePublished: true,
  PayoutConfirmed: true,
  PayoutFailed: true,
}

/** Whether a name is that of a command. */
export function isCommandName(name: BusEventName): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/** Where an event stands in the calendar: its block, or its moment. */
export function positionOf(event: BusEvent, calendar: Calendar): number {
  return isByBlock(calendar) ? (event.block as number) : event.occurredAt
}

/** The text an event is known by. Names have no NUL, so the pair is unambiguous. */
export function eventKey(event: { name: string; id: string }): string {
  return `${event.name}\0${event.id}`
}

/**
 * First 8 bytes of sha-256 of an event's key, a big-endian number: by it events are dealt to shards, put in order, and
 * looked for where they may have come before. Two keys may share one, and whoever looks for such keys finds them: it
 * never stands for the key.
 */
export function keyHash(key: string): bigint {
  return hash('sha256', key, 'buffer').readBigUInt64BE()
}

/** Reports of an era apply in this order: by moment, then by id. */
export function inReportOrder(a: { at: number; id: string }, b: { at: number; id: string }): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}
