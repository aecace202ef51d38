import type { Random } from './random.ts'

/** A JSON value on its way into the policy parser: what it may be is the parser's to say. */
export type Json = Record<string, unknown>

export const ACCOUNTS = [
  'a',
  'b',
  'c',
  'alice',
  'Bob.B',
  'node:7',
  'x_y-z',
  '0xABCDEFabcdefABCDEFabcdefABCDEFabcdefABCD',
  '0xabcdefabcdefabcdefabcdefabcdefabcdefabcd',
  '0x0000000000000000000000000000000000000001',
  'zz9',
  'constructor',
  '__proto__',
  'q',
] as const

/** All but the second spelling of one address, and what no policy may name. */
const GENESIS_ACCOUNTS = ACCOUNTS.filter((account) => !account.startsWith('0xabc') && account !== '__proto__')

const SYSTEM = ['@reserve', '@treasury', '@burn', '@operator', '@ops', '@fund', '@expenses'] as const
const REPORTED = ['work', 'uptime', 'demand'] as const
const METRICS = [...REPORTED, 'costPaid', 'feesPaid', 'balance', 'staked'] as const
const GROUPS = ['red', 'green', 'blue'] as const
const DAY = 86_400_000

/** What sizes of amounts a case is about: the number of digits, and whether few values come again and again. */
export interface Scale {
  mostDigits: number
  ties: readonly string[]
}

export function randomScale(random: Random): Scale {
  const mostDigits = random.pick([1, 2, 3, 7, 7, 12, 21, 21, 30, 37, 38])
  const ties = Array.from({ length: 3 }, () => String(random.digits(random.int(1, mostDigits))))
  return { mostDigits, ties }
}

export function randomAmount(random: Random, { mostDigits, ties }: Scale, least = 0): string {
  if (least === 0 && random.chance(0.06)) return '0'
  if (random.chance(0.3)) return random.pick(ties)
  if (random.chance(0.1)) return '1'
  return String(random.digits(random.chance(0.5) ? mostDigits : random.int(1, mostDigits)))
}

/** A percentage of `parts` per billion, as people write it. */
export function asPercent(parts: number): string {
  const text = String(parts).padStart(8, '0')
  const fraction = text.slice(-7).replace(/0+$/, '')
  return `${text.slice(0, -7)}${fraction === '' ? '' : `.${fraction}`}%`
}

export function randomShare(random: Random): string {
  if (random.chance(0.4))
    return random.pick(['0%', '100%', '50%', '25%', '33.3333333%', '0.0000001%', '99.9999999%'])
  return random.chance(0.5) ? `${random.int(0, 100)}%` : asPercent(random.int(0, 1_000_000_000))
}

/** Shares that are 100% together, or some less where a rest may stay. */
function randomShares(random: Random, count: number, whole: boolean): string[] {
  if (!whole && random.chance(0.2))
    return Array.from({ length: count }, () => asPercent(Math.floor(1e9 / count)))
  const total = whole ? 1e9 : random.pick([1e9, 1e9, 9e8, random.int(1, 1e9)])
  const cuts = Array.from({ length: count - 1 }, () =>
    random.chance(0.6) ? Math.floor((total / 100) * random.int(0, 100)) : random.int(0, total),
  ).sort((a, b) => a - b)
  return [...cuts, total].map((cut, index) => asPercent(cut - (cuts[index - 1] ?? 0)))
}

function randomWeight(random: Random, scale: Scale, registered: boolean, byBlock: boolean, depth = 0): Json {
  const kinds = ['metric', 'metric', 'metric', 'curve', 'curve']
  if (registered) kinds.push('const', 'const')
  if (!byBlock) kinds.push('stakeSeconds')
  if (depth < 2) kinds.push('product')
  switch (random.pick(kinds)) {
    case 'const':
      return { const: randomAmount(random, { ...scale, mostDigits: 3 }) }
    case 'curve': {
      const points = [
        ...new Set([random.int(0, 1), random.int(0, 9), random.int(10, 1000), random.int(1e3, 1e9)]),
      ]
      const ascending = random.some(points, 1, 4).sort((a, b) => a - b)
      return {
        curve: random.pick(METRICS),
        points: ascending.map((point) => [String(point), random.chance(0.3) ? '120%' : randomShare(random)]),
      }
    }
    case 'stakeSeconds': {
      const steps = random.some(['PT0S', 'PT90M', 'P1D', 'P30D', 'P90D', 'P365D'], 1, 4)
      const seconds: Record<string, number> = { PT0S: 0, PT90M: 1, P1D: 2, P30D: 3, P90D: 4, P365D: 5 }
      steps.sort((a, b) => (seconds[a] ?? 0) - (seconds[b] ?? 0))
      return {
        stakeSeconds: {
          lockCurve: steps.map((step) => [step, random.pick(['100%', '125%', '33.3%', '0%'])]),
        },
      }
    }
    case 'product':
      return {
        product: Array.from({ length: random.int(1, 3) }, () =>
          randomWeight(random, scale, registered, byBlock, depth + 1),
        ),
      }
    default:
      return { metric: random.pick(METRICS) }
  }
}

function randomGroup(random: Random, scale: Scale, byBlock: boolean): Json {
  const registered = random.chance(0.35)
  const weigh = (): Json => randomWeight(random, scale, registered, byBlock)
  const parts = random.int(2, 3)
  const weight = random.chance(0.3)
    ? { hybrid: randomShares(random, parts, true).map((share) => ({ share, weight: weigh() })) }
    : weigh()
  return {
    weight,
    ...(registered ? { members: 'registered' } : random.chance(0.3) ? { members: 'any' } : {}),
    ifEmpty: random.chance(0.4) ? 'rollover' : random.pick(SYSTEM),
  }
}

function randomStages(random: Random, scale: Scale, groups: string[]): Json[] {
  const count = random.pick([1, 1, 2, 2, 3, 4])
  const read: string[] = []
  const obligations = random.shuffle(['rent', 'power', 'utilisation'])
  const lineIds = (n: number): string[] => Array.from({ length: n }, (_, i) => `l${i}`)
  return Array.from({ length: count }, (_, s) => {
    const from = s === 0 && random.chance(0.92) ? '@pool' : random.pick(['@pool', ...SYSTEM])
    // What an earlier stage reads must not be filled by a later one.
    const open = SYSTEM.filter((name) => !read.includes(name))
    read.push(from)
    const destination = (): string =>
      groups.length > 0 && random.chance(0.5)
        ? `group:${random.pick(groups)}`
        : random.pick(random.chance(0.05) ? [from] : open)
    const cap = (to: string): Json =>
      to.startsWith('group:') && random.chance(0.25) ? { cap: { metric: random.pick(METRICS) } } : {}
    const rest = random.chance(0.3) ? from : random.pick(open)
    const n = random.int(1, 5)
    if (random.chance(0.55)) {
      const shares = randomShares(random, n, false)
      const split = lineIds(n).map((id, index) => {
        const to = destination()
        return { id, to, share: shares[index], ...cap(to) }
      })
      return { id: `s${s}`, from, split, rest }
    }
    const take = lineIds(n).map((id) => {
      const to = destination()
      const kind = random.int(0, 3)
      const obligation = kind === 0 && groups.length > 0 ? obligations.pop() : undefined
      if (obligation !== undefined) return { id, to: `group:${random.pick(groups)}`, obligation }
      if (kind === 1) return { id, to, fixed: randomAmount(random, scale), ...cap(to) }
      if (kind === 2) return { id, to: random.pick(open), topUpTo: randomAmount(random, scale) }
      return { id, to, restShare: randomShare(random), ...cap(to) }
    })
    return { id: `s${s}`, from, take, rest }
  })
}

function randomGenesis(random: Random, scale: Scale, position: (eras: number) => string | number): Json {
  const accounts = random.some(GENESIS_ACCOUNTS, 0, 5).map((account) => {
    const vesting = random.chance(0.4)
      ? Array.from({ length: random.int(1, 2) }, () => {
          const [from = 0, cliff = 0, to = 0] = [0, 0, 0]
            .map(() => random.pick([-1, 0, 0.3, 1, 1.5, 2, 2.25, 4, 7]))
            .sort((a, b) => a - b)
          const end = to > from ? to : from + 1
          return {
            amount: randomAmount(random, scale),
            from: position(from),
            cliff: position(cliff),
            to: position(end),
          }
        })
      : []
    const balance = random.chance(0.8) ? { balance: randomAmount(random, scale) } : {}
    return [account, { ...balance, ...(vesting.length > 0 ? { vesting } : {}) }]
  })
  const system = random
    .some([...SYSTEM, '@pool'], 0, 5)
    .map((account) => [account, randomAmount(random, scale)])
  return { system: Object.fromEntries(system), accounts: Object.fromEntries(accounts) }
}

function randomEra(random: Random): Json {
  const settling = { clock: 'manual', lateness: 'P36500D' }
  if (random.chance(0.35)) {
    return {
      blocks: random.pick([1, 2, 3, 10, 10, 14_400]),
      from: random.pick([0, 0, 1, 12_345]),
      ...settling,
    }
  }
  const from = random.pick([
    '2026-01-01T00:00:00Z',
    '2026-01-31T12:30:00Z',
    '2024-02-29T00:00:00Z',
    '2025-10-31T23:59:59.999Z',
    '2026-01-01T00:00:00+02:00',
  ])
  const every = random.pick(['P7D', 'P1D', 'PT1H', 'PT12H', 'P30D', 'P1DT12H', 'PT1S', 'P1M', 'P1M', 'P3M'])
  return { every, from, ...settling }
}

/** Where `eras` (a fraction, or below zero) after the network's start lies, written as a policy or event writes it. */
export function positionAfter(era: Json, eras: number): string | number {
  if (era.blocks !== undefined) return Math.max(0, Math.floor(Number(era.from) + eras * Number(era.blocks)))
  const lengths: Record<string, number> = {
    P7D: 7 * DAY,
    P1D: DAY,
    PT1H: DAY / 24,
    PT12H: DAY / 2,
    P30D: 30 * DAY,
    P1DT12H: 1.5 * DAY,
    PT1S: 1000,
    P1M: 30.4 * DAY,
    P3M: 91.3 * DAY,
  }
  const length = lengths[String(era.every)] ?? DAY
  return new Date(Date.parse(String(era.from)) + Math.floor(eras * length)).toISOString()
}

function randomBounds(random: Random, scale: Scale): Json {
  const range = (signed: boolean): string[] => {
    const [low = 0n, high = 0n] = [
      BigInt(randomAmount(random, scale)),
      BigInt(randomAmount(random, scale)),
    ].sort((a, b) => (a < b ? -1 : 1))
    return [signed && random.chance(0.5) ? String(-high) : String(low), String(high)]
  }
  return {
    ...(random.chance(0.5) ? { net: range(true) } : {}),
    ...(random.chance(0.5) ? { income: range(false) } : {}),
    ...(random.chance(0.6) ? { change: random.pick(['300%', '100%', '150.5%', '1000%']) } : {}),
  }
}

/** A policy that may break a rule of the language here and there: the parser has the last word. */
export function randomPolicy(random: Random, scale: Scale): Json {
  const era = randomEra(random)
  const byBlock = era.blocks !== undefined
  const net = random.chance(0.5)
  const groupNames = random.some(GROUPS, 0, 3)
  const groups = groupNames.map((name) => [name, randomGroup(random, scale, byBlock)])
  const kinds = random.some(['gas', 'sales', 'rent'], 1, 3).map((kind) => [
    kind,
    {
      ...(random.chance(0.4) ? { admit: randomShare(random) } : {}),
      ...(random.chance(0.3) ? { restTo: random.pick([...SYSTEM, 'a', ACCOUNTS[7]]) } : {}),
      ...(random.chance(0.4) ? { recognise: random.pick(['ratable', 'ratable', 'immediate']) } : {}),
    },
  ])
  return {
    network: 'made-up',
    version: 1,
    asset: { symbol: 'TEST', decimals: 0 },
    era,
    income: Object.fromEntries(kinds),
    costs: { coretime: {}, power: {} },
    base: net ? 'net' : 'gross',
    ...(random.chance(0.7) ? { minimum: random.pick(['0', '1', randomAmount(random, scale)]) } : {}),
    ...(net ? { loss: { from: random.pick(['@reserve', '@treasury', '@operator']) } } : {}),
    stages: randomStages(random, scale, groupNames),
    groups: Object.fromEntries(groups),
    metrics: Object.fromEntries(
      random.some(REPORTED, 0, 3).map((metric) => [metric, random.pick(['sum', 'last', 'max'])]),
    ),
    ...(random.chance(0.3) ? { stabiliser: randomStabiliser(random) } : {}),
    ...(random.chance(0.3) ? { buyback: randomBuyback(random, scale) } : {}),
    ...(random.chance(0.3) ? { bounds: randomBounds(random, scale) } : {}),
    ...(random.chance(0.7)
      ? { genesis: randomGenesis(random, scale, (eras) => positionAfter(era, eras)) }
      : {}),
    ...(random.chance(0.3) ? { payout: { timelock: random.pick(['PT0S', 'PT1H', 'P30D']) } } : {}),
  }
}

function randomStabiliser(random: Random): Json {
  const [floor, ceiling] = random.pick([
    ['80%', '120%'],
    ['100%', '100%'],
    ['0%', '33.3333333%'],
    ['99.9999999%', '100.0000001%'],
    ['150%', '300%'],
  ])
  return { reserve: random.pick(['@reserve', '@fund', '@stability']), floor, ceiling, eras: random.int(1, 5) }
}

function randomBuyback(random: Random, scale: Scale): Json {
  return {
    from: random.pick(SYSTEM),
    excessOver: random.pick(['0', randomAmount(random, scale)]),
    maxShare: randomShare(random),
    // biome-ignore lint/suspicious/noThenProperty: the policy language calls it so, and a policy is never awaited.
    then: random.pick(['@burn', '@fund', '@treasury']),
  }
}
