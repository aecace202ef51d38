import type { Sent } from './naive/language.ts'
import type { Random } from './random.ts'
import { ACCOUNTS, type Json, positionAfter, randomAmount, type Scale } from './random-policy.ts'

type Data = Json & { id: string; occurredAt: string; block?: number }
type Event = { name: string; data: Data }

const NAMES = [
  'FeeCharged',
  'FeeCharged',
  'FeeCharged',
  'CostIncurred',
  'CostIncurred',
  'MetricReported',
  'MetricReported',
  'MetricReported',
  'StakeReported',
  'ParticipantChanged',
  'ObligationDue',
  'SpreadEnded',
  'TokensDeposited',
] as const
const SPREADABLE = ['FeeCharged', 'CostIncurred', 'ObligationDue']

/** Events of some eras in the order in which they are sent: shuffled, some of them again and again, some changed. */
export function randomEvents(random: Random, policy: Json, eras: number, scale: Scale): Sent[] {
  const accounts = random.some(ACCOUNTS, 2, random.chance(0.2) ? ACCOUNTS.length : 5)
  const count = random.pick([3, 8, 15, 25, 40]) + random.int(0, 5)
  const events: Event[] = []
  for (let n = 0; n < count; n += 1)
    events.push(randomEvent(random, policy, eras, scale, accounts, events, n))
  for (const event of random.some(events, 0, Math.ceil(count / 4))) {
    events.push(contradict(random, event, scale, events.length))
  }
  for (const event of random.some(events, 0, Math.ceil(count / 4))) {
    const copy = structuredClone(event)
    if (random.chance(0.5)) {
      Object.assign(copy.data, moment(random, policy, eras))
      if (copy.data.amount !== undefined && random.chance(0.5))
        copy.data.amount = randomAmount(random, scale, 1)
      if (copy.data.account !== undefined && random.chance(0.3)) copy.data.account = random.pick(accounts)
    }
    events.push(copy)
  }
  return random.shuffle(events).flatMap(({ name, data }, index, all): Sent[] => {
    const next = all[index + 1]
    if (next?.name === name && index % 2 === 0) return [sent(name, [data, next.data])]
    const before = all[index - 1]
    return before?.name === name && index % 2 === 1 ? [] : [sent(name, data)]
  })
}

function sent(name: string, data: unknown): Sent {
  return { 'detail-type': name, detail: { data } }
}

/** When, and in which block: blocks and moments need not agree on the order. */
function moment(random: Random, policy: Json, eras: number): { occurredAt: string; block?: number } {
  const era = policy.era as Json
  const spot = (): number => {
    const n = random.int(0, eras - 1)
    if (random.chance(0.1)) return n
    if (random.chance(0.05)) return random.pick([-0.5, eras + 0.5])
    return n + random.int(0, 999) / 1000
  }
  const position = positionAfter(era, spot())
  if (typeof position === 'string') {
    const plain = position.replace('.000Z', 'Z')
    return { occurredAt: random.chance(0.05) ? plain.replace('Z', '+00:00') : plain }
  }
  const seconds = random.chance(0.2) ? random.int(0, 600) : position * 6 - Number(era.from) * 6
  return {
    block: position,
    occurredAt: new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString(),
  }
}

/** Another report of the same at the same moment, saying something else: then ids decide. */
function contradict(random: Random, { name, data }: Event, scale: Scale, n: number): Event {
  const id = random.pick([`e${n}`, `a${n}`, '~~'])
  const other: Event = { name, data: { ...structuredClone(data), id } }
  if (data.amount !== undefined) other.data.amount = randomAmount(random, scale, 1)
  if (data.value !== undefined) other.data.value = randomAmount(random, scale)
  if (data.status !== undefined) other.data.status = random.pick(['active', 'suspended', 'left'])
  if (data.spreadId !== undefined) other.data.refundTo = random.pick(ACCOUNTS)
  return other
}

function randomSpread(random: Random, policy: Json, eras: number): Json {
  const era = policy.era as Json
  const from = random.int(-1000, eras * 1000) / 1000
  const length = random.pick([0.001, 0.5, 1, 1.7, 3, 10])
  const [start, end] = [positionAfter(era, from), positionAfter(era, from + length)]
  if (typeof start === 'number') return { from: start, to: Math.max(Number(end), start + 1) }
  const to = Date.parse(String(end)) > Date.parse(start) ? end : new Date(Date.parse(start) + 1).toISOString()
  return { from: start, to }
}

function randomId(random: Random, n: number): string {
  return random.chance(0.05) ? random.pick(['~', ' ', 'id with spaces', '{"x":1}']) : `e${n}`
}

function randomEvent(
  random: Random,
  policy: Json,
  eras: number,
  scale: Scale,
  accounts: readonly string[],
  before: readonly Event[],
  n: number,
): Event {
  const name = random.pick(NAMES)
  const base = { id: randomId(random, n), ...moment(random, policy, eras) }
  const account = random.pick(accounts)
  const spread = random.chance(0.4) ? { spread: randomSpread(random, policy, eras) } : {}
  const payer = random.chance(0.75) ? { payer: account } : {}
  switch (name) {
    case 'FeeCharged': {
      const kind = random.pick(Object.keys(policy.income as Json))
      return { name, data: { ...base, kind, amount: randomAmount(random, scale, 1), ...payer, ...spread } }
    }
    case 'CostIncurred': {
      const kind = random.pick(Object.keys(policy.costs as Json))
      return { name, data: { ...base, kind, amount: randomAmount(random, scale), ...payer, ...spread } }
    }
    case 'MetricReported': {
      const metric = random.pick(['work', 'uptime', 'demand'])
      const value = random.chance(0.3) ? String(random.int(0, 1000)) : randomAmount(random, scale)
      return { name, data: { ...base, account, metric, value } }
    }
    case 'StakeReported': {
      const lock = random.chance(0.6)
        ? { lockSeconds: random.pick([0, 1, 5400, 86_399, 86_400, 2_592_000, 8e6]) }
        : {}
      const lot = random.chance(0.5) ? { lot: random.pick(['one', 'two', 'a lot']) } : {}
      return { name, data: { ...base, account, amount: randomAmount(random, scale), ...lot, ...lock } }
    }
    case 'ParticipantChanged': {
      const status = random.pick(['active', 'active', 'active', 'suspended', 'left'])
      return { name, data: { ...base, account, group: random.pick(['red', 'green', 'blue']), status } }
    }
    case 'ObligationDue': {
      const obligation = random.pick(['rent', 'power', 'utilisation'])
      return { name, data: { ...base, account, obligation, amount: randomAmount(random, scale), ...spread } }
    }
    case 'TokensDeposited':
      return { name, data: { ...base, account, amount: randomAmount(random, scale, 1) } }
    default: {
      const spreads = before.filter(
        (event) => event.data.spread !== undefined && SPREADABLE.includes(event.name),
      )
      const ended = spreads.length > 0 && random.chance(0.9) ? random.pick(spreads) : undefined
      const refundTo = random.chance(0.4) ? { refundTo: account } : {}
      const event = ended?.name ?? random.pick(SPREADABLE)
      return { name, data: { ...base, event, spreadId: ended?.data.id ?? 'nothing', ...refundTo } }
    }
  }
}
