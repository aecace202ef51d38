import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { parsePosition } from '../../shared/domain/calendar.ts'
import { ExchequerError } from '../../shared/domain/errors.ts'
import type { BusEvent } from '../../shared/domain/event.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { SettledEra } from '../../shared/domain/settle.ts'
import { type EraResult, eraPostings, eraResult, simulate } from '../../shared/domain/simulate.ts'
import { EVENT_NAMES, readEvent } from '../../shared/events/contracts.ts'
import { readPolicyFile } from '../policy-file.ts'
import { defineCommand, runCommand, UsageError } from './command.ts'
import { describeEras } from './simulation-table.ts'

/** An event as it stands in a file: as it would be sent, without its source. */
interface SentEvent {
  'detail-type': string
  detail: { data: unknown }
}

/** A worked example: what goes in, and what every era must come to. */
interface Vector {
  name: string
  policy: string | Record<string, unknown>
  overrides?: Record<string, unknown>
  genesis?: unknown
  events: SentEvent[]
  until: string | number
  expected: EraResult[]
}

const command = defineCommand({
  name: 'simulate',
  summary: 'Settles eras in memory by a policy: no network, no database. Invalid events stop it.',
  options: {
    policy: { value: 'FILE', describe: "A policy file, or a preset's name." },
    events: { value: 'FILE', describe: 'NDJSON of {"detail-type", "detail"}, in any order.' },
    genesis: { value: 'FILE', describe: "JSON that becomes the policy's genesis." },
    until: { value: 'POSITION', describe: 'Moment or block: every era that ends by then is settled.' },
    vector: { value: 'FILE', describe: 'A worked example instead: exits 1 with a diff when an era differs.' },
    json: { describe: 'Print the eras as JSON, with their postings.' },
  },
  examples: [
    '--policy magnet --events events.ndjson --until 30',
    '--policy infinect --events events.ndjson --until 2026-01-08T00:00:00Z --json',
    '--vector vector.json',
  ],
  async run({ policy, events, genesis, until, vector, json }) {
    if (vector !== undefined) return runVector(readJson<Vector>(vector))
    if (policy === undefined || events === undefined || until === undefined) {
      throw new UsageError('a simulation needs --policy, --events and --until, or --vector')
    }
    const rules = {
      ...(readPolicyFile(policy).json as Record<string, unknown>),
      ...(genesis === undefined ? {} : { genesis: readJson(genesis) }),
    }
    const eras = await settle(rules, readLines(events), until)
    process.stdout.write(
      json ? `${JSON.stringify(eras.map(withPostings), null, 1)}\n` : describeEras(parsePolicy(rules), eras),
    )
  },
})

async function runVector({
  name,
  policy,
  overrides,
  genesis,
  events,
  until,
  expected,
}: Vector): Promise<void> {
  const preset =
    typeof policy === 'string' ? (readPolicyFile(policy).json as Record<string, unknown>) : policy
  const merged: Record<string, unknown> = {
    ...preset,
    ...overrides,
    ...(genesis === undefined ? {} : { genesis }),
  }
  const rules = { ...merged, era: { ...(merged.era as object), clock: 'manual' } }
  const got = (await settle(rules, events, until)).map(withPostings)
  process.stdout.write(`${JSON.stringify(got, null, 1)}\n`)
  const differences = compareEras(got, expected)
  if (differences.length > 0) {
    throw new ExchequerError('VectorDiffers', `${name} differs\n${differences.join('\n')}`)
  }
}

async function settle(
  rules: Record<string, unknown>,
  sent: readonly SentEvent[],
  until: string | number,
): Promise<SettledEra[]> {
  const policy = parsePolicy(rules)
  const events = sent.flatMap((event, index) => readSent(event, index + 1))
  const { eras } = await simulate(policy, rules, events, parsePosition(policy.era.calendar, until))
  return eras
}

/** Every event in one that was sent: its data is one event, or a list of them. Throws `InvalidEvent`. */
function readSent(sent: SentEvent, line: number): BusEvent[] {
  const name = EVENT_NAMES.find((known) => known === sent['detail-type'])
  if (!name)
    throw new ExchequerError(
      'InvalidEvent',
      `event ${line}: no event is called ${JSON.stringify(sent['detail-type'])}`,
    )
  const data = Array.isArray(sent.detail.data) ? sent.detail.data : [sent.detail.data]
  return data.map((one) => {
    const read = readEvent(name, one)
    if ('event' in read) return read.event
    const { rule, message, value } = read.rejection
    throw new ExchequerError('InvalidEvent', `event ${line}: ${rule}: ${message}: got ${value}`)
  })
}

function withPostings(era: SettledEra): EraResult & { postings: ReturnType<typeof eraPostings> } {
  return { ...eraResult(era), postings: eraPostings(era) }
}

/** What differs between two runs of eras, key by key, a line each. */
function compareEras(got: readonly EraResult[], expected: readonly EraResult[]): string[] {
  const differences: string[] = []
  if (got.length !== expected.length) differences.push(`eras: expected ${expected.length}, got ${got.length}`)
  expected.forEach((era, index) => {
    const { postings: _, ...mine } = { postings: undefined, ...got[index] } as EraResult & {
      postings?: unknown
    }
    for (const key of new Set([...Object.keys(era), ...Object.keys(mine)]) as Set<keyof EraResult>) {
      if (isDeepStrictEqual(mine[key], era[key])) continue
      differences.push(
        `era ${era.era} ${key}: expected ${JSON.stringify(era[key])}, got ${JSON.stringify(mine[key])}`,
      )
    }
  })
  return differences
}

function readJson<T>(path: string): T {
  return parseJson(readFileSync(path, 'utf8'), path) as T
}

function readLines(path: string): SentEvent[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  return lines.flatMap((line, index) =>
    line.trim() === '' ? [] : [parseJson(line, `${path}:${index + 1}`) as SentEvent],
  )
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ExchequerError('InvalidJson', `${where} must hold JSON: ${(cause as Error).message}`, { cause })
  }
}

await runCommand(command)
