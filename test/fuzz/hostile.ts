import type { Random } from '../differential/random.ts'

/** What a caller sends who wants something to break. */

/** JSON text that no value has: numbers beyond a double, keys that come twice, nesting without end. */
export class Raw {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Writes a value as JSON, raw parts as they are. */
export function textOf(value: unknown): string {
  if (value instanceof Raw) return value.text
  if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  return `{${Object.entries(value)
    .map(([key, part]) => `${JSON.stringify(key)}:${textOf(part)}`)
    .join(',')}}`
}

export const TEXTS: readonly string[] = [
  ...[
    '',
    ' ',
    '\t',
    '.',
    '..',
    '/',
    '../../etc/passwd',
    '..%2f..',
    '%2F',
    '%00',
    '%',
    '?',
    '#',
    'a/b',
    'a#b',
  ],
  ...['\0', 'ann\0', 'ann\n', ' ann', 'ann ', '\r\nx-injected: 1', '\u007f', '\u0085', '\u2028', '\ufeffann'],
  ...[
    '\ud800',
    'x\udfff',
    '\udc00\ud800',
    '\u202eann',
    '\u200bann',
    'a\u200dn',
    'e\u0301',
    '\u00e9',
    '\ufb01',
    '\u0430nn',
  ],
  ...['💸', '👩‍👩‍👧‍👦'.repeat(40), '𝔞𝔫𝔫', '１２３', '٣', 'ǅ', 'ß', 'İ', '\uffff', '\ufffd'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    'then',
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '-0',
    '-1',
    '+1',
    '01',
    '1e3',
    '1E-7',
    '1.0',
    '.5',
    '0x10',
    '0b1',
    '1_000',
    '1,000',
  ],
  ...['0', '1', '9'.repeat(38), `1${'0'.repeat(38)}`, '9'.repeat(80), '9'.repeat(5_000), '1'.repeat(100_000)],
  ...[
    'null',
    'undefined',
    'true',
    '[object Object]',
    '{}',
    '[]',
    '""',
    "' OR 1=1 --",
    '<script>alert(1)</script>',
  ],
  ...[
    // biome-ignore lint/suspicious/noTemplateCurlyInString: what others' template engines would run.
    '${jndi:ldap://x}',
    '{{7*7}}',
    '%s%n',
    '@pool',
    '@burn',
    '@external',
    '@charged',
    '@deferred',
    '@rollover:members',
  ],
  ...['cmd#ann#x', 'order#1', 'STATE', 'NETWORK', 'PAGES#0', '0xABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD'],
  ...[
    'A'.repeat(128),
    'A'.repeat(129),
    'é'.repeat(300),
    'z'.repeat(1_025),
    '9999-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
  ],
  ...[
    '-271821-04-20T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '2026-01-01T00:00:00+99:99',
    '2026-01-01',
    'P1D',
    '100%',
    '1e400%',
  ],
]

const NUMBERS = [
  ...['-0', '0', '-1', '1e400', '-1e400', '1e-400', '1E+2', '0.1', '1.0', '2147483648', '9007199254740993'],
  ...[
    '123456789012345678901234567890',
    '1e308',
    '5e-324',
    '1000000000000000000000',
    '999999999999',
    '3162240001',
  ],
]

const ODD: readonly unknown[] = [null, true, false, [], {}, [[]], [null], { length: 3 }, { toString: 'x' }]

/** Nesting of so many levels, as an array or as an object. */
function nested(random: Random, levels: number): Raw {
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ])
  return new Raw(`${open.repeat(levels)}1${close.repeat(levels)}`)
}

export function hostileValue(random: Random): unknown {
  const kind = random.int(0, 11)
  if (kind < 5) return random.pick(TEXTS)
  if (kind < 7) return new Raw(random.pick(NUMBERS))
  if (kind === 7) return random.pick(ODD)
  if (kind === 8) return nested(random, random.pick([2, 20, 64, 65, 1_000, 5_000, 50_000]))
  if (kind === 9)
    return new Raw('{"__proto__":{"account":"bob","amount":"1"},"constructor":{"prototype":{"scope":"x"}}}')
  if (kind === 10) return new Raw('{"amount":"1","amount":"2","to":"bob","to":"cec"}')
  return Array.from({ length: random.int(1, 2_000) }, () => random.pick(['1', null, 0]))
}

type Holder = Record<string, unknown> | unknown[]

/** Changes a JSON value at one place, in one of the ways in which JSON can be wrong. */
export function mutate(random: Random, value: unknown): unknown {
  const places: { holder: Holder; key: string }[] = []
  const copy = structuredClone(value)
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return
    for (const key of Object.keys(part)) {
      places.push({ holder: part as Holder, key })
      walk((part as Record<string, unknown>)[key])
    }
  }
  walk(copy)
  const at = places.length > 0 && random.chance(0.9) ? random.pick(places) : undefined
  if (!at) return random.chance(0.5) ? hostileValue(random) : [copy]
  const holder = at.holder as Record<string, unknown>
  const old = holder[at.key]
  switch (random.int(0, 6)) {
    case 0:
      delete holder[at.key]
      break
    case 1:
      return withKey(
        copy,
        random.pick(['__proto__', 'constructor', 'unknown', '', 'Amount', '\ud800', 'id']),
        old,
      )
    case 2:
      holder[at.key] = random.pick([[old], { value: old }, { [at.key]: old }])
      break
    case 3:
      holder[at.key] = typeof old === 'string' ? new Raw(/^\d+$/.test(old) ? old : 'null') : String(old)
      break
    default:
      holder[at.key] = hostileValue(random)
  }
  return copy
}

/** Adds a key that an object literal could not have. */
function withKey(value: unknown, key: string, part: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return new Raw(
    textOf(value).replace(
      /\}$/,
      `${Object.keys(value).length > 0 ? ',' : ''}${JSON.stringify(key)}:${textOf(part)}}`,
    ),
  )
}

/** Spoils a text that was JSON. */
export function spoil(random: Random, text: string): string {
  const cut = random.int(0, text.length)
  switch (random.int(0, 9)) {
    case 0:
      return text.slice(0, cut)
    case 1:
      return `\ufeff${text}`
    case 2:
      return `${text}${random.pick([',', '}', ' //', '\0', text])}`
    case 3:
      return (
        text.slice(0, cut) + random.pick(['\0', '"', '\\', '\ud800', '\u2028', '{', '💸']) + text.slice(cut)
      )
    case 4:
      return text.replaceAll('"', "'")
    case 5:
      return random.pick([
        '',
        ' ',
        'null',
        '[]',
        '"x"',
        '1',
        'true',
        'NaN',
        'undefined',
        '{}{}',
        '<a/>',
        'a=b&c=d',
      ])
    case 6:
      return ' '.repeat(random.pick([10, 1_000, 250_000])) + text
    case 7:
      return `{"a":"${'x'.repeat(random.pick([300_000, 1_000_000]))}"}`
    case 8:
      return textOf(nested(random, random.pick([64, 1_000, 30_000, 120_000])))
    default:
      return text.replace(/^\{/, () => `{"${random.pick(['__proto__', 'to', 'amount', 'id'])}":{"x":1},`)
  }
}
