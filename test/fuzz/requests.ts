import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { writeCursor } from '../../shared/api/cursor.ts'
import type { Random } from '../differential/random.ts'
import { type Document, OMITTED, type Operation } from './document.ts'
import { mutate, spoil, TEXTS, textOf } from './hostile.ts'
import { ACCOUNTS, DESK, POLICY, SCOPES, type World } from './world.ts'

/** Requests as the gateway hands them over: well formed, then spoiled in up to three ways. */

export interface Asked {
  key: string
  path: Record<string, string>
  query: Record<string, string>
  headers: Record<string, string>
  body?: string
  isBase64?: true
  claims?: Record<string, string>
  /** Whether nothing was spoiled. */
  isSound: boolean
}

/** Draws a request of an operation, out of what the network knows. */
export function drawRequest(operation: Operation, document: Document, world: World, random: Random): Asked {
  const hint = hintOf(operation, world, random)
  const { key } = operation
  const asked: Asked = { key, path: {}, query: {}, headers: {}, isSound: true }
  for (const { in: place, name, required, schema } of operation.parameters) {
    if (!required && !random.chance(place === 'query' ? 0.4 : 1)) continue
    const drawn = document.draw(schema, random, hint, name)
    if (drawn === OMITTED) continue
    const value = String(drawn)
    if (place === 'header') asked.headers[name.toLowerCase()] = value
    else asked[place][name] = value
  }
  if (random.chance(0.9)) filterBy(asked, random)
  if (asked.headers['idempotency-key'] !== undefined && random.chance(0.9))
    asked.headers['idempotency-key'] = `key-${random.int(0, 99_999)}`
  if (operation.body) {
    asked.headers['content-type'] = 'application/json'
    const body = document.draw(operation.body, random, hint, 'body') as Record<string, unknown>
    if (random.chance(0.95)) agree(asked, body, world)
    asked.body = textOf(body)
  } else agree(asked, {}, world)
  if (operation.security.length > 0) asked.claims = claimsFor(asked, operation, world, random)
  if (random.chance(0.55))
    for (let n = random.int(1, 3); n > 0; n -= 1) spoilRequest(asked, operation, world, random)
  return asked
}

/** Makes parts of a request fit each other: whose a stake is, and what of an order lasts. */
function agree({ key, path }: Asked, body: Record<string, unknown>, { owners, lasts }: World): void {
  const [owner] = owners.get(String(path.lot ?? body.lot)) ?? []
  if (owner !== undefined && key !== 'POST /accounts/{account}/stakes') path.account = owner
  if (key !== 'POST /orders') return
  if (lasts.get(String(body.offer))) body.seconds = 3_600
  else delete body.seconds
}

/** The filters that the lists of a route take together. */
const FILTERS: Record<string, readonly (readonly string[])[]> = {
  'GET /offers': [['provider'], ['resource'], ['resource', 'cluster'], ['resource', 'cluster', 'maxPrice']],
  'GET /orders': [['buyer'], ['seller']],
  'GET /purchases': [['buyer'], ['id']],
  'GET /accounts/{account}/statement': [['era'], []],
}
const VALUES: Record<string, string> = {
  resource: 'storage',
  cluster: 'eu',
  maxPrice: '9',
  id: 'begin-cost',
  era: '0',
}

function filterBy({ key, query }: Asked, random: Random): void {
  const choices = FILTERS[key]
  if (!choices) return
  const kept = random.pick(choices)
  for (const name of choices.flat()) delete query[name]
  for (const name of kept) query[name] = VALUES[name] ?? random.pick(ACCOUNTS)
  if (query.era !== undefined) delete query.cursor
}

/** What stands for a name in a request of an operation, so that requests are about what exists. */
function hintOf({ key }: Operation, world: World, random: Random): (name: string) => unknown {
  const { known } = world
  const record = /\/(offers|quotes|bookings|orders|payouts|purchases)\/\{id\}/.exec(key)?.[1]?.slice(0, -1)
  const someOf = (ids: string[] | undefined) =>
    ids?.length && random.chance(0.95)
      ? random.pick(random.chance(0.5) ? ids.slice(0, 3) : ids.slice(-6))
      : undefined
  return (name) => {
    if (random.chance(0.02)) return undefined
    switch (name) {
      case 'account':
        return key.startsWith('PUT /inventories') ? DESK : random.pick(ACCOUNTS)
      case 'to':
        return key.endsWith('slashes') ? '@burn' : random.pick(ACCOUNTS)
      case 'provider':
      case 'trust':
        return random.chance(0.9) ? OMITTED : undefined
      case 'resource':
        return key === 'POST /quotes'
          ? 'storage'
          : random.pick(['storage', 'storage', 'gpu-hour', 'model', 'model'])
      case 'buyer':
      case 'seller':
        return random.pick(ACCOUNTS)
      case 'amount':
      case 'capture':
        return String(random.int(1, 60))
      case 'quantity':
      case 'price':
      case 'maxPrice':
        return String(key.startsWith('PUT') ? random.int(10, 90) : random.int(1, 9))
      case 'id':
        if (key === 'PUT /offers/{id}') return `offer-${random.int(0, 19)}`
        return someOf(known[record as keyof typeof known])
      case 'offer':
        return someOf(known.orderable)
      case 'lot':
        return key === 'POST /accounts/{account}/stakes' ? `lot-${random.int(0, 99)}` : someOf(known.lot)
      case 'asset':
        return 'USDC'
      case 'cluster':
        return 'eu'
      case 'state':
        return random.chance(0.9) ? 'open' : undefined
      case 'seconds':
        return random.pick([600, 3_600, 40_000])
      case 'minSeconds':
      case 'lockSeconds':
        return random.int(1, 600)
      case 'maxSeconds':
      case 'fulfilWithinSeconds':
        return random.int(50_000, 100_000)
      case 'committedUntil':
        return '2027-01-01T00:00:00Z'
      case 'decimals':
        return 2
      case 'limit':
        return random.int(1, 3)
      case 'era':
      case 'n':
        return random.int(
          key.includes('versions') ? 1 : 0,
          key.includes('versions') ? world.policyVersion : 6,
        )
      case 'effectiveFrom':
        return 400 + world.policyVersion
      case 'policy':
        return { ...POLICY, version: world.policyVersion + 1, orderFee: `${random.int(0, 5)}%` }
      case 'cursor':
        return someOf(world.cursors.get(key)) ?? OMITTED
      default:
        return undefined
    }
  }
}

/** Mostly whoever may; else somebody who may not, or a token that says what tokens should not. */
function claimsFor(
  { path }: Asked,
  { security }: Operation,
  world: World,
  random: Random,
): Record<string, string> {
  const owners = path.account === undefined ? world.owners.get(path.id ?? '') : [path.account]
  const draw = random.int(0, 9)
  const needsScope = security.some(({ token = [] }) => token.length > 0)
  if (draw < 6 && !needsScope) return { account: random.pick(owners ?? ACCOUNTS) }
  if (draw < 8) return { account: random.pick(['operator', ...ACCOUNTS]), scope: SCOPES }
  return { account: random.pick(ACCOUNTS) }
}

const CLAIMS: readonly Record<string, string>[] = [
  ...[
    {},
    { account: '' },
    { sub: 'ann' },
    { account: '@pool' },
    { account: '@external' },
    { account: ' ann' },
  ],
  ...[
    { account: 'ANN' },
    { account: '__proto__' },
    { account: 'ann#bob' },
    { account: 'a\0nn' },
    { account: '\ud800' },
  ],
  ...[
    { account: '[ann bob]' },
    { account: '{"a":1}' },
    { account: 'z'.repeat(5_000) },
    { sub: '\ud800', scope: SCOPES },
  ],
  ...[
    { account: 'bob', scope: 'accounts:writer accounts' },
    { account: 'bob', scope: '*' },
    { scope: 'constructor' },
  ],
  ...[
    { account: 'bob', scp: '["accounts:write"]' },
    { account: 'bob', scope: 'ACCOUNTS:WRITE' },
  ],
]

function spoilRequest(asked: Asked, operation: Operation, world: World, random: Random): void {
  asked.isSound = false
  const names = (part: Record<string, string>) => Object.keys(part)
  switch (random.int(0, 9)) {
    case 0:
    case 1:
    case 2:
      if (operation.body && asked.body !== undefined && random.chance(0.95))
        asked.body = mutated(asked.body, random)
      else if (random.chance(0.3))
        asked.body = random.pick(['{}', '{"a":1}', 'x', '['.repeat(50_000), '"\\ud800"', ''])
      else spoilPlace(asked.path, names(asked.path), random)
      break
    case 3:
      asked.body = spoil(random, asked.body ?? '{"amount":"1"}')
      break
    case 4:
      spoilPlace(asked.path, names(asked.path), random)
      break
    case 5:
      spoilPlace(
        asked.query,
        [...names(asked.query), 'limit', 'cursor', '__proto__', 'unknown', 'era'],
        random,
      )
      break
    case 6:
      asked.query.cursor = forgedCursor(asked, world, random)
      break
    case 7:
      spoilHeaders(asked, random)
      break
    case 8:
      asked.claims = random.pick(CLAIMS)
      break
    default:
      if (random.chance(0.5)) delete asked.claims
      else {
        asked.body = random.pick([
          '////',
          '====',
          'eyJ9',
          '\ud800',
          'gICA',
          Buffer.from(asked.body ?? '').toString('base64'),
        ])
        asked.isBase64 = true
      }
  }
}

function mutated(body: string, random: Random): string {
  try {
    return textOf(mutate(random, JSON.parse(body)))
  } catch {
    // It was spoiled before.
    return spoil(random, body)
  }
}

function spoilPlace(part: Record<string, string>, names: string[], random: Random): void {
  if (names.length === 0) return
  const name = random.pick(names)
  // As JSON has it: an own key, also where it is called `__proto__`.
  Object.defineProperty(part, name, {
    value: random.pick(TEXTS),
    enumerable: true,
    configurable: true,
    writable: true,
  })
}

function spoilHeaders({ headers }: Asked, random: Random): void {
  const [name, value] = random.pick<readonly [string, string]>([
    ['idempotency-key', random.pick(TEXTS)],
    ['idempotency-key', 'the same for all'],
    ['idempotency-key', 'the-same-for-all'],
    ['idempotency-key', '#'.repeat(128)],
    [
      'content-type',
      random.pick([
        'text/xml',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-16',
        '',
        '*/*',
      ]),
    ],
    ['content-encoding', 'gzip'],
    ['if-none-match', random.pick(['*', '"', 'W/', ',,,', '"x"', 'x'.repeat(8_000)])],
    ['authorization', random.pick(['Basic YTpi', 'Bearer ', 'Bearer x.y.z', '\0'])],
    ['x-http-method-override', 'PUT'],
    ['x-forwarded-for', '127.0.0.1, ::1'],
    ['__proto__', 'x'],
  ])
  headers[name] = value
}

/** A cursor of another list, of another account, changed, or made by whoever read how it is made. */
function forgedCursor({ path, query }: Asked, world: World, random: Random): string {
  const all = [...world.cursors.values()].flat()
  const genuine = all.length > 0 ? random.pick(all) : 'MS54Lnk'
  const { account = 'ann' } = path
  const { buyer = 'ann', seller, era } = query
  const lists = [
    ...[`entries ${account} ${era}`, `statement ${account}`, `payouts#${account}`, 'eras', 'quarantine'],
    ...[
      `purchases ${buyer}`,
      `bookings ${buyer}`,
      `orders ${JSON.stringify(seller ? { seller } : { buyer })}`,
    ],
    `offers ${JSON.stringify([query.provider, query.resource, query.cluster, query.maxPrice])}`,
  ]
  const keys = [
    ...[
      '',
      '0',
      '-1',
      '999999999999999',
      '1e9',
      '000000000000#000000000000000#x',
      '["a","b"]',
      '["",""]',
      '["a\0","b"]',
    ],
    ...[
      '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      `["${'x'.repeat(350)}","${'y'.repeat(350)}"]`,
      '2026-01-01T00:00:00.000Z#x',
      '{"a":1}',
    ],
    ...[`000000000000#000000000000000#${'x'.repeat(700)}`, random.pick(TEXTS).slice(0, 500)],
  ]
  switch (random.int(0, 4)) {
    case 0:
      return genuine
    case 1:
      return `${genuine.slice(0, -2)}${random.pick(['AA', '', '=', '==', '+/', 'é'])}`
    case 2:
      return random.pick(TEXTS)
    default:
      return writeCursor(random.pick(lists), random.pick(keys))
  }
}

/** The event that the gateway makes of a request. */
export function eventOf({
  key,
  path,
  query,
  headers,
  body,
  isBase64,
  claims,
}: Asked): APIGatewayProxyEventV2 {
  const [method = '', pattern = ''] = key.split(' ')
  const rawPath = pattern.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '')
  const lacksQuery = Object.keys(query).length === 0
  return {
    version: '2.0',
    routeKey: key,
    rawPath,
    rawQueryString: '',
    headers,
    ...(Object.keys(path).length > 0 && { pathParameters: path }),
    ...(!lacksQuery && { queryStringParameters: query }),
    ...(body !== undefined && { body }),
    requestContext: {
      http: { method, path: rawPath },
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
    isBase64Encoded: isBase64 === true,
  } as unknown as APIGatewayProxyEventV2
}
