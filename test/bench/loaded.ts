import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { resourcesOf, type Template, targetOf } from '../support/deployment.ts'

/** What is heavy in a function's bundle, and which SDK clients in it its role has no use for. */

const CLIENT = /node_modules\/@aws-sdk\/(client-\w+)\//

/** The first that fits a source counts. */
const PARTS: [name: string, pattern: RegExp][] = [
  ["SDK's core", /node_modules\/(@aws-sdk|@smithy|@aws|mnemonist|obliterator)\//],
  ['zod', /node_modules\/zod(-openapi)?\//],
  ['powertools', /node_modules\/@aws-lambda-powertools\//],
  ['middy', /node_modules\/@middy\//],
  ['policy', /shared\/domain\/policy\//],
  ['market', /shared\/(domain\/|api\/)?(market|order)\//],
]

/** Characters of the bundle between two that are looked up. */
const STEP = 16

/** kB of each SDK client and of each other heavy part of a bundle, by its source map, the largest first. */
export function heavyPartsOf(bundle: string): Map<string, number> {
  const map = new SourceMap(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')))
  const sizes = new Map<string, number>()
  for (const [line, text] of readFileSync(bundle, 'utf8').split('\n').entries()) {
    for (let column = 0; column < text.length; column += STEP) {
      const entry = map.findEntry(line, column)
      const part = 'originalSource' in entry ? partOf(entry.originalSource) : undefined
      if (part !== undefined) sizes.set(part, (sizes.get(part) ?? 0) + STEP / 1_024)
    }
  }
  return new Map([...sizes].sort(([, a], [, b]) => b - a))
}

function partOf(source: string): string | undefined {
  return CLIENT.exec(source)?.[1] ?? PARTS.find(([, pattern]) => pattern.test(source))?.[0]
}

/** How the actions of a client's service begin in a policy, where that is not the client's name. */
const PREFIXES: Record<string, string> = { 'client-eventbridge': 'events', 'client-sfn': 'states' }

/** Those of the parts that are SDK clients of services that the role is granted nothing of. */
export function clientsWithoutGrant(parts: Iterable<string>, services: ReadonlySet<string>): string[] {
  return [...parts].filter((part) => {
    const client = /^client-(\w+)$/.exec(part)?.[1]
    return client !== undefined && !services.has(PREFIXES[part] ?? client)
  })
}

/** The services ("dynamodb") whose actions the policies of a template grant a role. */
export function servicesOf(template: Template, role: string | undefined): Set<string> {
  const policies = resourcesOf(template, 'AWS::IAM::Policy').filter(
    ([, { Properties }]) => targetOf(Properties.Roles[0]) === role,
  )
  const actions: string[] = policies.flatMap(([, { Properties }]) =>
    Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action),
  )
  return new Set(actions.map((action) => action.slice(0, action.indexOf(':'))))
}
