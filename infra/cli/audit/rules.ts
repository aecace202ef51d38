import { durationMs, ppb, spelled } from './arithmetic.ts'

/** A policy version as the auditor reads it: the stored JSON and no parser of the engine's. */

export type Position = string | number

export type RawWeight =
  | { const: string }
  | { metric: string }
  | { curve: string; points: [string, string][] }
  | { stakeSeconds: { lockCurve: [string, string][] } }
  | { product: RawWeight[] }

interface RawHybrid {
  hybrid: { share: string; weight: RawWeight }[]
}

export interface RawLine {
  id: string
  to: string
  share?: string
  obligation?: string
  fixed?: string
  topUpTo?: string
  restShare?: string
  cap?: { metric: string }
}

export interface RawStage {
  id: string
  from: string
  rest: string
  split?: RawLine[]
  take?: RawLine[]
}

export interface RawPolicy {
  era: { every?: string; blocks?: number; from: Position; lateness?: string }
  income: Record<string, { admit?: string; restTo?: string; recognise?: string }>
  costs?: Record<string, object>
  base: 'gross' | 'net'
  minimum?: string
  loss?: { from: string }
  stages: RawStage[]
  groups?: Record<string, { weight: RawWeight | RawHybrid; members?: string; ifEmpty: string }>
  metrics?: Record<string, string>
  stabiliser?: { reserve: string; floor: string; ceiling: string; eras: number }
  buyback?: { from: string; excessOver: string; maxShare: string; then: string }
  bounds?: { net?: [string, string]; income?: [string, string]; change?: string }
  payout?: { timelock?: string }
  genesis?: {
    system?: Record<string, string>
    accounts?: Record<
      string,
      { balance?: string; vesting?: { amount: string; from: Position; cliff: Position; to: Position }[] }
    >
  }
}

/** What is shared among accounts is shared by one column of weights. */
export type Column =
  | { of: 'group'; group: string; weight: RawWeight }
  | { of: 'owed' }
  | { of: 'cost' }
  | { of: 'due'; obligation: string; since: 'former' | 'current' }

export interface Rules {
  version: number
  effectiveFrom: number
  hash: string
  raw: RawPolicy
  byBlock: boolean
  /** In the order in which the weights of an account are stored. */
  columns: Column[]
  /** Metrics that cap a line, without repeats. */
  caps: string[]
  /** Every metric that decides a weight or a cap. */
  metrics: ReadonlySet<string>
  latenessMs: number
  timelockMs: number
  /** First position of an era. */
  start(era: number): number
  /** The era of a position. */
  eraOf(position: number): number
}

const DEFAULT_LATENESS = 'P7D'

/** A moment in ms, or a block. */
export function positionAt(position: Position): number {
  return typeof position === 'number' ? position : Date.parse(position)
}

export function rulesOf(
  raw: RawPolicy,
  { version, effectiveFrom, hash }: Pick<Rules, 'version' | 'effectiveFrom' | 'hash'>,
): Rules {
  const columns = columnsOf(raw)
  const caps = [...new Set(linesOf(raw).flatMap(({ cap }) => (cap ? [cap.metric] : [])))]
  const weighing = columns.flatMap((column) => (column.of === 'group' ? metricsIn(column.weight) : []))
  const start = startsOf(raw)
  return {
    version,
    effectiveFrom,
    hash,
    raw,
    byBlock: raw.era.blocks !== undefined,
    columns,
    caps,
    metrics: new Set([...weighing, ...caps]),
    latenessMs: durationMs(raw.era.lateness ?? DEFAULT_LATENESS),
    timelockMs: durationMs(raw.payout?.timelock ?? 'PT0S'),
    start,
    eraOf: eraFinder(raw, start),
  }
}

export function linesOf({ stages }: RawPolicy): RawLine[] {
  return stages.flatMap(({ split = [], take = [] }) => [...split, ...take])
}

/** The group a line pays by weight, if it does: one that pays an obligation names a group for its title only. */
export function groupPaid({ to, obligation }: RawLine): string | undefined {
  return obligation === undefined && to.startsWith('group:') ? to.slice('group:'.length) : undefined
}

/** Shares and weights of a group: one part, or those of a hybrid. */
export function partsOf(raw: RawPolicy, group: string): { share: bigint; weight: RawWeight }[] {
  const { weight } = raw.groups?.[group] ?? { weight: { const: '0' } }
  const parts = 'hybrid' in weight ? weight.hybrid : [{ share: '100%', weight }]
  return parts.map(({ share, weight: own }) => ({ share: ppb(share), weight: own }))
}

/** Groups as written, those that are paid; then what is owed and spent; then each obligation, former dues first. */
function columnsOf(raw: RawPolicy): Column[] {
  const paid = new Set(linesOf(raw).map(groupPaid))
  const groups = Object.keys(raw.groups ?? {}).filter((group) => paid.has(group))
  const obligations = linesOf(raw).flatMap(({ obligation }) => (obligation === undefined ? [] : [obligation]))
  return [
    ...groups.flatMap((group) =>
      partsOf(raw, group).map(({ weight }): Column => ({ of: 'group', group, weight })),
    ),
    ...(raw.base === 'net' ? [{ of: 'owed' } as const, { of: 'cost' } as const] : []),
    ...obligations.flatMap((obligation): Column[] => [
      { of: 'due', obligation, since: 'former' },
      { of: 'due', obligation, since: 'current' },
    ]),
  ]
}

function metricsIn(weight: RawWeight): string[] {
  if ('metric' in weight) return [weight.metric]
  if ('curve' in weight) return [weight.curve]
  return 'product' in weight ? weight.product.flatMap(metricsIn) : []
}

function startsOf({ era }: RawPolicy): (n: number) => number {
  const from = positionAt(era.from)
  if (era.blocks !== undefined) {
    const { blocks } = era
    return (n) => from + n * blocks
  }
  const every = era.every ?? 'P1D'
  const months = /^P(\d+)M$/.exec(every)?.[1]
  if (months === undefined) return (n) => from + n * durationMs(every)
  const origin = new Date(from)
  const [year, month, day] = [origin.getUTCFullYear(), origin.getUTCMonth(), origin.getUTCDate()]
  const timeOfDayMs = from - Date.UTC(year, month, day)
  return (n) => {
    const first = month + n * Number(months)
    // Day 0 of the month after is the last of this one: an origin on the 31st begins short months on their last day.
    const lastDay = new Date(Date.UTC(year, first + 1, 0)).getUTCDate()
    return Date.UTC(year, first, Math.min(day, lastDay)) + timeOfDayMs
  }
}

const MONTH_MS = 31 * 86_400_000

/** Eras of a fixed length by division; months by walking on from where the longest months would put them. */
function eraFinder({ era }: RawPolicy, start: (n: number) => number): (position: number) => number {
  const months = /^P(\d+)M$/.exec(era.every ?? '')?.[1]
  const length = months === undefined ? start(1) - start(0) : Number(months) * MONTH_MS
  return (position) => {
    let n = Math.floor((position - start(0)) / length)
    while (months !== undefined && start(n + 1) <= position) n += 1
    return n
  }
}

/** What a network begins with. */
export interface Genesis {
  system: Map<string, bigint>
  balances: Map<string, bigint>
  vesting: Map<string, Vesting[]>
}

export interface Vesting {
  amount: bigint
  from: number
  cliff: number
  to: number
}

export function genesisOf({ genesis }: RawPolicy): Genesis {
  const system = new Map(
    Object.entries(genesis?.system ?? {}).map(([name, amount]) => [name, BigInt(amount)]),
  )
  const balances = new Map<string, bigint>()
  const vesting = new Map<string, Vesting[]>()
  let waiting = 0n
  for (const [name, { balance = '0', vesting: grants = [] }] of Object.entries(genesis?.accounts ?? {})) {
    const account = spelled(name)
    balances.set(account, BigInt(balance))
    vesting.set(
      account,
      grants.map(({ amount, from, cliff, to }) => {
        waiting += BigInt(amount)
        return {
          amount: BigInt(amount),
          from: positionAt(from),
          cliff: positionAt(cliff),
          to: positionAt(to),
        }
      }),
    )
  }
  // A genesis may name what is still to vest itself: then it says the same.
  if (!system.has('@vesting') && waiting > 0n) system.set('@vesting', waiting)
  return { system, balances, vesting }
}
