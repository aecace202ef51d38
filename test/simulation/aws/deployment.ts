import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { synthesize } from '../../../infra/cli/synth.ts'
import { functionsOf, type Resource, resourcesOf, type Template, targetOf } from '../../support/deployment.ts'

/** What the synthesized template says of the parts that the simulation runs. */
export interface Deployment {
  functions: Record<string, DeployedFunction>
  /** By ARN. */
  machines: Record<string, Definition>
  schedules: Schedule[]
  /** Entries of functions by the gateway's route: "GET /eras". */
  routes: Record<string, string>
  queue: { visibilitySeconds: number; mostReceives: number; batchMessages: number; concurrency: number }
}

export interface DeployedFunction {
  /** Its file below functions/, without `.ts`. */
  entry: string
  timeoutSeconds: number
  env: Record<string, string>
}

/** A state machine's own definition; its tasks name functions by entry. */
export interface Definition {
  StartAt: string
  States: Record<string, State>
  TimeoutSeconds?: number
}

// biome-ignore lint/suspicious/noExplicitAny: states of many kinds: machine.ts refuses what it does not know.
export type State = Record<string, any>

export interface Schedule {
  name: string
  everyMinutes: number
  input: object
  /** A function's entry, or a machine's ARN. */
  target: { entry: string } | { machine: string }
}

export const TABLE_NAME = 'simulated-books'

const ACCOUNT = '123456789012'
const PSEUDO: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': ACCOUNT,
  'AWS::StackName': 'simulated',
}

/** Reads the template of the local stage, which is synthesized where it is not of the sources as they are. */
export async function readDeployment(): Promise<Deployment> {
  const directory = await synthesize({ stage: 'local' })
  const [file] = globSync('*.template.json', { cwd: directory })
  const template = JSON.parse(readFileSync(join(directory, String(file)), 'utf8')) as Template
  const read = new Reader(template)
  const [source] = read.all('AWS::Lambda::EventSourceMapping')
  const queue = template.Resources[targetOf(source?.[1].Properties.EventSourceArn) ?? '']
  if (!source || !queue) throw new Error('the template has no queue that a function reads')
  return {
    functions: Object.fromEntries(
      [...functionsOf(template)].map(([entry, { resource }]) => [entry, read.function(entry, resource)]),
    ),
    machines: Object.fromEntries(
      read
        .all('AWS::StepFunctions::StateMachine')
        .map(([id, { Properties }]) => [
          read.machineArn(id),
          JSON.parse(read.text(Properties.DefinitionString)) as Definition,
        ]),
    ),
    schedules: read.all('AWS::Scheduler::Schedule').map(([name, resource]) => read.schedule(name, resource)),
    routes: Object.fromEntries(
      read.all('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => read.route(Properties)),
    ),
    queue: {
      visibilitySeconds: queue.Properties.VisibilityTimeout,
      mostReceives: queue.Properties.RedrivePolicy.maxReceiveCount,
      batchMessages: source[1].Properties.BatchSize,
      concurrency: source[1].Properties.ScalingConfig.MaximumConcurrency,
    },
  }
}

/** Reads values of a template as they would be when it is deployed. */
class Reader {
  readonly #template: Template
  /** Entries of functions by logical id. */
  readonly #entries: Map<string, string>

  constructor(template: Template) {
    this.#template = template
    this.#entries = new Map([...functionsOf(template)].map(([entry, { id }]) => [id, entry]))
  }

  all(type: string): [id: string, resource: Resource][] {
    return resourcesOf(this.#template, type)
  }

  function(entry: string, { Properties }: Resource): DeployedFunction {
    const settings = Object.entries(Properties.Environment.Variables as Record<string, unknown>)
    return {
      entry,
      timeoutSeconds: Properties.Timeout,
      env: Object.fromEntries(settings.map(([name, value]) => [name, this.text(value)])),
    }
  }

  schedule(name: string, { Properties }: Resource): Schedule {
    const [, every] = /^rate\((\d+) minutes?\)$/.exec(Properties.ScheduleExpression) ?? []
    const id = targetOf(Properties.Target.Arn) ?? ''
    const entry = this.#entries.get(id)
    return {
      name,
      everyMinutes: Number(every),
      input: JSON.parse(Properties.Target.Input),
      target: entry ? { entry } : { machine: this.machineArn(id) },
    }
  }

  route({ RouteKey, Target }: Resource['Properties']): [key: string, entry: string] {
    const [, integration] = Target['Fn::Join'][1] as [string, unknown]
    const uri = this.#template.Resources[targetOf(integration) ?? '']?.Properties.IntegrationUri
    return [RouteKey, this.text(uri)]
  }

  machineArn(id: string): string {
    const name = this.#template.Resources[id]?.Properties.StateMachineName
    return `arn:aws:states:eu-central-1:${ACCOUNT}:stateMachine:${name === undefined ? id : this.text(name)}`
  }

  /** A text, with what CloudFormation fills in. Of a function it is the entry, of the table its name. */
  text(value: unknown): string {
    if (typeof value === 'string') return value
    const { 'Fn::Join': join, Ref } = value as { 'Fn::Join'?: [string, unknown[]]; Ref?: string }
    if (join) return join[1].map((part) => this.text(part)).join(join[0])
    const pseudo = PSEUDO[Ref ?? '']
    if (pseudo !== undefined) return pseudo
    const id = targetOf(value) ?? ''
    const type = this.#template.Resources[id]?.Type
    if (type === 'AWS::DynamoDB::GlobalTable') return TABLE_NAME
    if (type === 'AWS::Lambda::Function') return this.#entries.get(id) as string
    if (type === 'AWS::StepFunctions::StateMachine') return this.machineArn(id)
    return id
  }
}
