import { readFileSync } from 'node:fs'
import { parsePosition } from '../../shared/domain/calendar.ts'
import { compareEra, compareEras } from '../../shared/domain/compare.ts'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import { checkSuccession } from '../../shared/domain/policy/succession.ts'
import type { SettledEra } from '../../shared/domain/settle.ts'
import { simulate } from '../../shared/domain/simulate.ts'
import { readPolicyFile } from '../policy-file.ts'
import { defineCommand, runCommand, UsageError } from './command.ts'
import { admitAll, describeLeftOut, type SentEvent } from './simulation/admitted.ts'
import { comparisonJson, describeComparison } from './simulation/comparison-table.ts'
import { describeEras } from './simulation/era-table.ts'
import { differencesOf, rulesOf, type Vector, withPostings } from './simulation/vector.ts'

type Rules = Record<string, unknown>

const command = defineCommand({
  name: 'simulate',
  summary:
    'Settles eras in memory by a policy: no network, no database. What would go to quarantine is left out and told.',
  options: {
    policy: { value: 'FILE', describe: "A policy file, or a preset's name." },
    events: { value: 'FILE', describe: 'NDJSON of {"detail-type", "detail"}, in any order.' },
    genesis: { value: 'FILE', describe: "JSON that becomes the policy's genesis." },
    until: { value: 'POSITION', describe: 'Moment or block: every era that ends by then is settled.' },
    compare: { value: 'FILE', describe: 'Another policy: who would gain and who would lose by it.' },
    vector: { value: 'FILE', describe: 'A worked example instead: exits 1 with a diff when an era differs.' },
    json: { describe: 'Print JSON: the eras with their postings, or what a comparison comes to.' },
  },
  examples: [
    '--policy magnet --events events.ndjson --until 30',
    '--policy infinect --events events.ndjson --until 2026-01-08T00:00:00Z --json',
    '--policy magnet --compare magnet-next.json --events events.ndjson --until 30',
    '--vector vector.json',
  ],
  async run({ policy, events, genesis, until, compare, vector, json }) {
    if (vector !== undefined) return runVector(readJson<Vector>(vector))
    if (policy === undefined || events === undefined || until === undefined) {
      throw new UsageError('a simulation needs --policy, --events and --until, or --vector')
    }
    const rules = {
      ...(readPolicyFile(policy).json as Rules),
      ...(genesis === undefined ? {} : { genesis: readJson(genesis) }),
    }
    const sent = readLines(events)
    if (compare !== undefined)
      return runComparison(rules, readPolicyFile(compare).json as Rules, sent, until, json)
    const eras = await settle(rules, sent, until)
    process.stdout.write(
      json ? `${JSON.stringify(eras.map(withPostings), null, 1)}\n` : describeEras(parsePolicy(rules), eras),
    )
  },
})

async function runVector(vector: Vector): Promise<void> {
  const { name, policy, events, until, expected } = vector
  const rules = rulesOf(vector, typeof policy === 'string' ? (readPolicyFile(policy).json as Rules) : policy)
  const got = (await settle(rules, events, until)).map(withPostings)
  process.stdout.write(`${JSON.stringify(got, null, 1)}\n`)
  const differences = differencesOf(got, expected)
  if (differences.length > 0) {
    throw new ExchequerError('VectorDiffers', `${name} differs\n${differences.join('\n')}`)
  }
}

/** Both begin with the same genesis: that of the first where the other has none. */
async function runComparison(
  rules: Rules,
  otherRules: Rules,
  sent: readonly SentEvent[],
  until: string,
  json: boolean,
): Promise<void> {
  const others = { ...(rules.genesis === undefined ? {} : { genesis: rules.genesis }), ...otherRules }
  const [policy, other] = [parsePolicy(rules), parsePolicy(others)]
  assertComparable(policy, other)
  const before = await settle(rules, sent, until)
  const after = await settle(others, sent, until)
  const compared = {
    eras: before.map((era, index) => compareEra(era, after[index] as SettledEra)),
    sum: compareEras(before, after),
  }
  process.stdout.write(
    json
      ? `${JSON.stringify(comparisonJson(policy, other, compared), null, 1)}\n`
      : describeComparison(policy, other, compared),
  )
}

/** Amounts and eras of two policies can be set side by side where both count them alike. Throws `NotComparable`. */
function assertComparable(policy: Policy, other: Policy): void {
  const issues = checkSuccession(policy, other).filter(
    ({ path }) => path !== 'network' && path !== 'era.clock',
  )
  if (issues.length === 0) return
  const told = issues.map(({ path, message }) => `${path}: ${message}`)
  throw new ExchequerError('NotComparable', `the policies cannot be compared\n${told.join('\n')}`)
}

async function settle(
  rules: Rules,
  sent: readonly SentEvent[],
  until: string | number,
): Promise<SettledEra[]> {
  const policy = parsePolicy(rules)
  const { events, leftOut } = admitAll(policy, sent)
  process.stderr.write(describeLeftOut(`${policy.network} version ${policy.version}`, leftOut))
  const { eras } = await simulate(policy, rules, events, parsePosition(policy.era.calendar, until))
  return eras
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
