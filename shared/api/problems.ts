import { ExchequerError } from '../domain/errors.ts'
import { InvalidPolicyError } from '../domain/policy/issues.ts'

/**
 * Every problem this API answers with (RFC 9457). The key is the error's code; `type` is stable and has no host,
 * for a problem means the same on every deployment.
 */
export const problems = {
  InvalidParameter: {
    type: 'urn:exchequer:problem:invalid-parameter',
    status: 400,
    title: 'A parameter breaks its rule',
  },
  InvalidCursor: {
    type: 'urn:exchequer:problem:invalid-cursor',
    status: 400,
    title: 'The cursor is not one of this list',
  },
  InvalidBody: { type: 'urn:exchequer:problem:invalid-body', status: 400, title: 'The body breaks a rule' },
  KeyNeeded: {
    type: 'urn:exchequer:problem:idempotency-key-needed',
    status: 400,
    title: 'A request that changes something brings an Idempotency-Key',
  },
  Unauthenticated: { type: 'urn:exchequer:problem:unauthenticated', status: 401, title: 'A token is needed' },
  MissingScope: {
    type: 'urn:exchequer:problem:missing-scope',
    status: 403,
    title: 'The token lacks a scope',
  },
  NotYours: {
    type: 'urn:exchequer:problem:not-yours',
    status: 403,
    title: 'The token may not act for this account',
  },
  UnknownAccount: {
    type: 'urn:exchequer:problem:unknown-account',
    status: 404,
    title: 'The account was never seen',
  },
  UnknownEra: { type: 'urn:exchequer:problem:unknown-era', status: 404, title: 'The era is not sealed' },
  NoStatement: {
    type: 'urn:exchequer:problem:no-statement',
    status: 404,
    title: 'The era did nothing to the account',
  },
  UnknownPurchase: {
    type: 'urn:exchequer:problem:unknown-purchase',
    status: 404,
    title: 'There is no such purchase',
  },
  UnknownOffer: { type: 'urn:exchequer:problem:unknown-offer', status: 404, title: 'There is no such offer' },
  UnknownQuote: {
    type: 'urn:exchequer:problem:unknown-quote',
    status: 404,
    title: 'There is no such quote',
  },
  UnknownBooking: {
    type: 'urn:exchequer:problem:unknown-booking',
    status: 404,
    title: 'There is no such booking',
  },
  UnknownOrder: { type: 'urn:exchequer:problem:unknown-order', status: 404, title: 'There is no such order' },
  UnknownPolicyVersion: {
    type: 'urn:exchequer:problem:unknown-policy-version',
    status: 404,
    title: 'There is no such policy version',
  },
  UnknownPayout: {
    type: 'urn:exchequer:problem:unknown-payout',
    status: 404,
    title: 'There is no such payout',
  },
  UnknownInventory: {
    type: 'urn:exchequer:problem:unknown-inventory',
    status: 404,
    title: 'There is no inventory of this asset',
  },
  UnknownRoute: { type: 'urn:exchequer:problem:unknown-route', status: 404, title: 'There is no such route' },
  InFlight: {
    type: 'urn:exchequer:problem:in-flight',
    status: 409,
    title: 'The same is being changed by others just now',
  },
  NotEnough: {
    type: 'urn:exchequer:problem:not-enough',
    status: 409,
    title: 'The account has less available',
  },
  StakeNotHeld: {
    type: 'urn:exchequer:problem:stake-not-held',
    status: 409,
    title: 'No tokens of this stake are here',
  },
  StakeExists: {
    type: 'urn:exchequer:problem:stake-exists',
    status: 409,
    title: 'The account has a stake of this name',
  },
  StakeLocked: {
    type: 'urn:exchequer:problem:stake-locked',
    status: 409,
    title: 'The lock of the stake is not over',
  },
  StakeTooSmall: {
    type: 'urn:exchequer:problem:stake-too-small',
    status: 409,
    title: 'Less than that is staked',
  },
  TooManyStakes: {
    type: 'urn:exchequer:problem:too-many-stakes',
    status: 409,
    title: 'The account has too many stakes',
  },
  HoldEnded: {
    type: 'urn:exchequer:problem:hold-ended',
    status: 409,
    title: 'What was held is held no more',
  },
  TooManyHolds: {
    type: 'urn:exchequer:problem:too-many-holds',
    status: 409,
    title: 'The account has too many holds',
  },
  OfferWithdrawn: {
    type: 'urn:exchequer:problem:offer-withdrawn',
    status: 409,
    title: 'The offer is withdrawn for ever',
  },
  OfferFixed: {
    type: 'urn:exchequer:problem:offer-fixed',
    status: 409,
    title: 'An offer stays what and where it is',
  },
  OfferTaken: {
    type: 'urn:exchequer:problem:offer-taken',
    status: 409,
    title: 'More of the offer is taken',
  },
  QuoteExpired: {
    type: 'urn:exchequer:problem:quote-expired',
    status: 409,
    title: 'The quote has expired',
  },
  QuoteAccepted: {
    type: 'urn:exchequer:problem:quote-accepted',
    status: 409,
    title: 'The quote is a booking already',
  },
  BookingEnded: {
    type: 'urn:exchequer:problem:booking-ended',
    status: 409,
    title: 'The booking is over',
  },
  OfferNotOpen: {
    type: 'urn:exchequer:problem:offer-not-open',
    status: 409,
    title: 'The offer is not for sale',
  },
  OfferFull: {
    type: 'urn:exchequer:problem:offer-full',
    status: 409,
    title: 'The offer serves as many as it can',
  },
  NotEnoughCapacity: {
    type: 'urn:exchequer:problem:not-enough-capacity',
    status: 409,
    title: 'There is less on offer',
  },
  NotPriced: { type: 'urn:exchequer:problem:not-priced', status: 409, title: 'The policy does not price it' },
  OrderState: {
    type: 'urn:exchequer:problem:order-state',
    status: 409,
    title: 'The order is in another state',
  },
  HasBegun: {
    type: 'urn:exchequer:problem:has-begun',
    status: 409,
    title: 'What was ordered is being delivered',
  },
  NotEntitled: {
    type: 'urn:exchequer:problem:not-entitled',
    status: 409,
    title: 'The order entitles to no use',
  },
  OutboxFull: {
    type: 'urn:exchequer:problem:outbox-full',
    status: 409,
    title: 'The account has to wait for the next era',
  },
  PayoutState: {
    type: 'urn:exchequer:problem:payout-state',
    status: 409,
    title: 'The payout has gone too far, or not far enough',
  },
  PayoutFixed: {
    type: 'urn:exchequer:problem:payout-fixed',
    status: 409,
    title: 'A payout in another asset is not cancelled',
  },
  NoRate: {
    type: 'urn:exchequer:problem:no-rate',
    status: 409,
    title: 'No rate was published for the open era',
  },
  NotEnoughInventory: {
    type: 'urn:exchequer:problem:not-enough-inventory',
    status: 409,
    title: 'The inventory has less',
  },
  OwnInventory: {
    type: 'urn:exchequer:problem:own-inventory',
    status: 409,
    title: 'An inventory pays out to others only',
  },
  InventoryDecimals: {
    type: 'urn:exchequer:problem:inventory-decimals',
    status: 409,
    title: 'The decimals of an asset never change',
  },
  TooMuchInventory: {
    type: 'urn:exchequer:problem:too-much-inventory',
    status: 409,
    title: 'An inventory cannot take that much',
  },
  EraStarted: {
    type: 'urn:exchequer:problem:era-started',
    status: 409,
    title: 'The era has started under another policy',
  },
  TooManyPending: {
    type: 'urn:exchequer:problem:too-many-pending',
    status: 409,
    title: 'Too many policy versions wait for their era',
  },
  EraNotHeld: {
    type: 'urn:exchequer:problem:era-not-held',
    status: 409,
    title: 'Only a held era can be decided',
  },
  AlreadyDecided: {
    type: 'urn:exchequer:problem:already-decided',
    status: 409,
    title: 'The era was decided otherwise',
  },
  NothingToSimulate: {
    type: 'urn:exchequer:problem:nothing-to-simulate',
    status: 409,
    title: 'No era has counted anything yet',
  },
  BodyTooLarge: { type: 'urn:exchequer:problem:body-too-large', status: 413, title: 'The body is too large' },
  KeyReused: {
    type: 'urn:exchequer:problem:idempotency-key-reused',
    status: 422,
    title: 'The Idempotency-Key stands for another request',
  },
  PostingRefused: {
    type: 'urn:exchequer:problem:posting-refused',
    status: 422,
    title: 'The command moves what it may not',
  },
  OwnOffer: { type: 'urn:exchequer:problem:own-offer', status: 422, title: 'Nobody buys from oneself' },
  NotOrdered: {
    type: 'urn:exchequer:problem:not-ordered',
    status: 422,
    title: 'What is on offer is booked, and not ordered',
  },
  OrderDuration: {
    type: 'urn:exchequer:problem:order-duration',
    status: 422,
    title: 'The offer is not sold for that time',
  },
  OrderTooLarge: {
    type: 'urn:exchequer:problem:order-too-large',
    status: 422,
    title: 'The order costs more than there can be',
  },
  NotMetered: { type: 'urn:exchequer:problem:not-metered', status: 422, title: 'Only compute is metered' },
  UsageTooHigh: {
    type: 'urn:exchequer:problem:usage-too-high',
    status: 422,
    title: 'More would be used than was ordered',
  },
  CaptureTooHigh: {
    type: 'urn:exchequer:problem:capture-too-high',
    status: 422,
    title: 'More would be paid than is held',
  },
  RefundTooHigh: {
    type: 'urn:exchequer:problem:refund-too-high',
    status: 422,
    title: 'More would be paid back than was paid',
  },
  BelowMinimum: {
    type: 'urn:exchequer:problem:below-minimum',
    status: 422,
    title: 'A payout is not that small',
  },
  AssetNotOffered: {
    type: 'urn:exchequer:problem:asset-not-offered',
    status: 422,
    title: 'The network does not pay out in this asset',
  },
  InvalidPolicy: {
    type: 'urn:exchequer:problem:invalid-policy',
    status: 422,
    title: 'The policy breaks a rule',
  },
  TooMuchToSimulate: {
    type: 'urn:exchequer:problem:too-much-to-simulate',
    status: 422,
    title: 'The era is too large to be settled while a caller waits',
  },
  Internal: { type: 'urn:exchequer:problem:internal', status: 500, title: 'Something went wrong here' },
  NetworkNotOpen: {
    type: 'urn:exchequer:problem:network-not-open',
    status: 503,
    title: 'The network is not open yet',
  },
  StoreBusy: {
    type: 'urn:exchequer:problem:busy',
    status: 503,
    title: 'Too much changes at once just now',
  },
} as const satisfies Record<string, { type: string; status: number; title: string }>

export type ProblemCode = keyof typeof problems

/** The longest text in which a rule and a value are said, characters. */
const MAX_DETAIL_LENGTH = 2_048

/** Codes of the ledger that a caller knows by another name. */
const CALLED: Record<string, ProblemCode> = { JournalConflict: 'KeyReused', PageContended: 'InFlight' }

/** An error that becomes the problem of its code; the message is the problem's detail: the rule and the value. */
export class ProblemError extends ExchequerError {
  constructor(code: ProblemCode, message: string) {
    super(code, message)
  }
}

/** RFC 9457 problem details. */
export interface Problem {
  type: (typeof problems)[ProblemCode]['type']
  title: string
  status: number
  /** The rule, and the value that breaks it. */
  detail: string
  /** The path that was asked for. */
  instance: string
  /** Of a policy: every path in it that breaks a rule, with the rule. */
  issues?: { path: string; message: string }[] | undefined
  /** What finds the failure in the logs. */
  requestId?: string | undefined
}

/**
 * The one place that turns an error into a problem. Whatever is not meant for the caller, with a message or without,
 * becomes `internal` and says nothing but the request's id.
 */
export function toProblem(error: unknown, instance: string, requestId?: string): Problem {
  const raised = error instanceof ExchequerError ? (CALLED[error.code] ?? error.code) : 'Internal'
  const code = Object.hasOwn(problems, raised) ? (raised as ProblemCode) : 'Internal'
  if (code !== 'Internal') {
    const issues = error instanceof InvalidPolicyError && { issues: error.issues }
    // It shows what was asked: however long that was, and wherever a character of it is cut.
    const detail = (error as ExchequerError).message.slice(0, MAX_DETAIL_LENGTH).toWellFormed()
    return { ...problems[code], detail, instance, ...issues }
  }
  const detail = 'the request could not be answered; the logs say why under its id'
  return { ...problems.Internal, detail, instance, ...(requestId !== undefined && { requestId }) }
}
