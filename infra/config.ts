import type { BusEventName } from '../shared/domain/event.ts'

/** Where a deployment runs: on this machine, in an account to try things in, in the account where money is real. */
export const STAGES = ['local', 'dev', 'prod'] as const

export type Stage = (typeof STAGES)[number]

/** Everything in which stages differ. What is the same everywhere stands as a constant in the construct it belongs to. */
export interface StageConfig {
  /** Policy of the network when context `policy` names none: a preset of shared/policies, or a file. */
  policy: string
  books: {
    /** Whether table and logs outlive the stack. */
    retain: boolean
    /** Whether CloudFormation and the console refuse to delete the table. */
    deletionProtection: boolean
    /** Whether the table can be put back to any second of the last 35 days. */
    pointInTimeRecovery: boolean
  }
  /** Days that CloudWatch keeps log lines. */
  logRetentionDays: 7 | 30 | 365
  /** Whether a failure raises an alarm to the stage's topic. */
  alarms: boolean
  ingest: {
    timeoutSeconds: number
    /** How long SQS hides a batch that a function has taken, and so when a failed message comes again, seconds. */
    visibilitySeconds: number
    /** Functions that read the queue at the same time; each writes one segment per era and shard. */
    maxConcurrency: number
  }
  settlement: {
    /** Wait between closing eras and counting them, seconds: what makes lateness rare. Never 0. */
    fenceSeconds: number
    /** Limit of one pass over a shard or partition, seconds; `credit` stops before it and is called again. */
    passTimeoutSeconds: number
    /** Limit of the steps that read headers only, seconds. */
    stepTimeoutSeconds: number
  }
  payouts: {
    /** How often is looked whether payouts are due: what one waits at most beyond its timelock. */
    everyMinutes: number
  }
  api: {
    timeoutSeconds: number
    /** Requests per second and in one moment, over all routes; above them API Gateway answers 429. */
    ratePerSecond: number
    burst: number
    /** Whether anyone may read balances, statements, eras, purchases and the policy without a token. */
    publicReads: boolean
    /** Issuer of the tokens unless the parameter JwtIssuer says another. Undefined: the parameter must be given. */
    jwtIssuer: string | undefined
    jwtAudience: string
  }
  /** Sources of the bus that each event is accepted from; everything else is quarantined. "*" is any source. */
  eventSources: Record<BusEventName, readonly string[]>
}

const LAMBDA_MAX_SECONDS = 15 * 60

/** AWS's advice: six times the function's limit, so that throttled calls do not use up a message's receives. */
const VISIBILITY_PER_TIMEOUT = 6

const dev: StageConfig = {
  policy: 'magnet',
  // A network to try things on: it goes with its stack, and is made again from its events.
  books: { retain: false, deletionProtection: false, pointInTimeRecovery: false },
  logRetentionDays: 7,
  alarms: false,
  ingest: {
    // 10,000 messages take 1 to 2 s; the rest is for a table that throttles while it warms up.
    timeoutSeconds: 60,
    visibilitySeconds: 60 * VISIBILITY_PER_TIMEOUT,
    // 10 batches at once are up to 100,000 messages, 40 writes: far below one partition's 1,000 units a second.
    maxConcurrency: 10,
  },
  settlement: {
    // Longer than an invocation of ingest takes, so that one under way at the close is still counted.
    fenceSeconds: 10,
    passTimeoutSeconds: LAMBDA_MAX_SECONDS / 3,
    stepTimeoutSeconds: 60,
  },
  payouts: { everyMinutes: 5 },
  // The API waits 29 s for a function; a person does not wait 10.
  api: {
    timeoutSeconds: 10,
    ratePerSecond: 50,
    burst: 100,
    publicReads: true,
    jwtIssuer: undefined,
    jwtAudience: 'exchequer',
  },
  eventSources: everyEventFrom('exchequer.sample', 'exchequer.send'),
}

/** The configuration of every stage. */
export const config: Record<Stage, StageConfig> = {
  local: {
    ...dev,
    policy: 'magnet-hourly',
    // Short, because one machine has nothing to wait for; a failed message is back in 15 s rather than 6 minutes.
    ingest: { timeoutSeconds: 15, visibilitySeconds: 15, maxConcurrency: 2 },
    settlement: { fenceSeconds: 1, passTimeoutSeconds: 60, stepTimeoutSeconds: 20 },
    payouts: { everyMinutes: 1 },
    api: { ...dev.api, ratePerSecond: 1_000, burst: 1_000, jwtIssuer: 'https://issuer.exchequer.localhost' },
  },
  dev,
  prod: {
    ...dev,
    // The books are the network: they outlive the stack, refuse deletion, and can be put back to any second.
    books: { retain: true, deletionProtection: true, pointInTimeRecovery: true },
    // A year: an era's dispute is about what happened, and the log says who was told what.
    logRetentionDays: 365,
    alarms: true,
    ingest: { ...dev.ingest, maxConcurrency: 50 },
    settlement: { ...dev.settlement, fenceSeconds: 20 },
    api: { ...dev.api, ratePerSecond: 500, burst: 1_000 },
    // Who may say what: one source cannot both charge fees and report the metrics that share them.
    eventSources: {
      FeeCharged: ['exchequer.billing'],
      CostIncurred: ['exchequer.procurement'],
      MetricReported: ['exchequer.metering'],
      StakeReported: ['exchequer.staking'],
      ParticipantChanged: ['exchequer.registry'],
      ObligationDue: ['exchequer.procurement'],
      SpreadEnded: ['exchequer.billing', 'exchequer.procurement'],
      TokensDeposited: ['exchequer.custody'],
      RatePublished: ['exchequer.rates'],
      PayoutConfirmed: ['exchequer.custody'],
      PayoutFailed: ['exchequer.custody'],
    },
  },
}

function everyEventFrom(...sources: string[]): Record<BusEventName, readonly string[]> {
  return {
    FeeCharged: sources,
    CostIncurred: sources,
    MetricReported: sources,
    StakeReported: sources,
    ParticipantChanged: sources,
    ObligationDue: sources,
    SpreadEnded: sources,
    TokensDeposited: sources,
    RatePublished: sources,
    PayoutConfirmed: sources,
    PayoutFailed: sources,
  }
}
