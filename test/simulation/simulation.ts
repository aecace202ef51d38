import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { JournalEntry } from '../../shared/ledger/ports.ts'
import { bytesOf, textOf } from '../../shared/store/attributes.ts'
import { decode } from '../../shared/store/codec.ts'
import { INDEXES } from '../../shared/store/dynamo.ts'
import { connectStore, type Store } from '../../shared/store/table.ts'
import { type Code, codeOf, type Handler, type Realm } from './aws/code.ts'
import { type Deployment, readDeployment, TABLE_NAME } from './aws/deployment.ts'
import { Gateway } from './aws/gateway.ts'
import { Lambda, type Outcome } from './aws/lambda.ts'
import type { Limits } from './aws/limits.ts'
import { Machines } from './aws/machine.ts'
import { Queue } from './aws/queue.ts'
import { Schedules } from './aws/schedule.ts'
import { named, type Sent, Wire } from './aws/sdk.ts'
import { Database } from './database/database.ts'
import { DatabaseService } from './database/service.ts'
import { findsNothing } from './idle.ts'
import { wrongWith } from './invariants.ts'
import { type FaultPlan, Faults } from './world/faults.ts'
import { World } from './world/world.ts'

/** What all runs share: the template and the functions' code. */
export interface Product {
  deployment: Deployment
  codes: ReadonlyMap<string, Code>
}

/** Loads the product once for many runs. */
export async function loadProduct(): Promise<Product> {
  const deployment = await readDeployment()
  const codes = new Map<string, Code>()
  for (const entry of Object.keys(deployment.functions)) codes.set(entry, await codeOf(entry))
  return { deployment, codes }
}

export interface SimulationOptions {
  product: Product
  seed: number
  plan: FaultPlan
  /** The policy that lies beside the bundle of tick. */
  policyJson: unknown
  startMs: number
  shards: number
  partitions: number
  /** How long a closed era waits for whoever still writes, s: the template's where it is not said. */
  fenceSeconds?: number | undefined
  /** How much the functions do at a time, by the deployment: the last one's stays. */
  limits?: readonly Limits[] | undefined
  keepsLines?: boolean
}

/** The most that an answer of the table holds here, bytes: small pages show what only a large network would meet. */
const ANSWER_BYTES = [3_000, 100_000, 1_048_576]

/** An entry of the bus. */
export interface Published {
  DetailType: string
  Detail: string
}

/** The whole service in one simulated world, with the ways into it that people and producers have. */
export class Simulation {
  readonly world: World
  readonly faults: Faults
  readonly database: Database
  readonly lambda: Lambda
  readonly queue: Queue
  readonly machines: Machines
  readonly gateway: Gateway
  /** Every call of a function to the outside. */
  readonly calls: Wire['calls']
  /** Straight to the table, undisturbed and at once: for looking at it from outside. */
  readonly store: Store
  /** What the network said on its bus. */
  readonly published: Published[] = []
  readonly #schedules: Schedules
  readonly #options: SimulationOptions
  /** Told of each entry that the network puts on its bus. */
  onPublished: (entry: Published) => void = () => undefined

  constructor(options: SimulationOptions) {
    const { product, seed, plan, policyJson, startMs, shards, partitions, limits = [], keepsLines } = options
    const world = new World(seed, { startMs, ...(keepsLines && { keepsLines }) })
    this.world = world
    this.faults = new Faults(world, plan)
    const query = world.chance('answer bytes').pick(ANSWER_BYTES)
    this.database = new Database({
      tableName: TABLE_NAME,
      indexes: INDEXES,
      now: () => world.now,
      answerBytes: { query, batch: 4 * query },
      onWrite: (change) => {
        const wrong = wrongWith(change)
        if (wrong) world.fail(new Error(wrong))
      },
    })
    const table = new DatabaseService(world, this.database)
    const wire = new Wire(world, this.faults, {
      serve: (sent) => this.#serve(table, sent),
      twin: ({ entry, event, place }) => void this.lambda.again(entry, event, place),
    })
    this.calls = wire.calls
    this.lambda = new Lambda({
      world,
      faults: this.faults,
      functions: functionsWith(product.deployment.functions, options),
      codes: product.codes,
      realm: (instance) => ({
        shards,
        partitions,
        limits: limits[Math.min(instance.deployedAs, limits.length - 1)] ?? {},
        readFile: () => JSON.stringify(policyJson),
        send: (sdk, command) =>
          wire.send(instance, sdk, command.constructor.name.replace(/Command$/, ''), command.input),
      }),
      findsNothing: findsNothing(this.database, policyJson, () => world.now),
      onWrong: (error) => world.fail(error),
    })
    this.machines = new Machines(world, this.faults, this.lambda, product.deployment.machines)
    this.queue = new Queue(world, this.faults, this.lambda, product.deployment.queue)
    this.#schedules = new Schedules(world, this.faults, this.lambda, this.machines)
    this.gateway = new Gateway(world, this.lambda, product.deployment.routes)
    this.#options = options
    this.store = lookAt(this.database)
  }

  /** Starts the schedules. */
  start(): void {
    this.#schedules.start(this.#options.product.deployment.schedules)
  }

  /** An operator calls a function until it answers. */
  async operate(entry: string, input: object): Promise<unknown> {
    for (;;) {
      const outcome: Outcome = await this.lambda.invoke(entry, input, `operator ${entry}`)
      if ('payload' in outcome) return outcome.payload
      await this.world.sleep(5_000)
    }
  }

  /** A machine outside the world, on which nothing takes time and nothing goes wrong. */
  instantiate(entry: string, { now, send }: Pick<Realm, 'now' | 'send'>): Handler {
    const { product, policyJson, shards, partitions } = this.#options
    const [code, fn] = [product.codes.get(entry), product.deployment.functions[entry]]
    if (!code || !fn) throw new Error(`there is no function ${entry}`)
    return code.instantiate({
      env: fn.env,
      now,
      send,
      shards,
      partitions,
      limits: {},
      random: () => 0,
      setTimeout: () => undefined,
      clearTimeout: () => undefined,
      log: () => undefined,
      readFile: () => JSON.stringify(policyJson),
    })
  }

  /** Every command that was done. */
  journal(): JournalEntry[] {
    const entries = [...this.database.history()].map(({ item }) => item)
    return entries
      .filter((item) => textOf(item, 'pk').startsWith('JOURNAL#'))
      .map((item) => decode<JournalEntry>(bytesOf(item, 'd')))
  }

  async #serve(table: DatabaseService, sent: Sent): Promise<unknown> {
    if (sent.sdk === '@aws-sdk/client-dynamodb') return table.serve(sent)
    if (sent.sdk === '@aws-sdk/client-sfn') return this.machines.serve(sent)
    if (sent.operation !== 'PutEvents') throw named('NotSimulated', `the operation ${sent.operation}`)
    this.world.say(sent.place)
    if (sent.fault === 'partial') return { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] }
    for (const entry of sent.input.Entries as Published[]) {
      this.published.push(entry)
      this.onPublished(entry)
    }
    return { FailedEntryCount: 0, Entries: [{}] }
  }
}

function functionsWith(
  functions: Deployment['functions'],
  { fenceSeconds }: Pick<SimulationOptions, 'fenceSeconds'>,
): Deployment['functions'] {
  const close = functions['settlement/close']
  if (fenceSeconds === undefined || !close) return functions
  const env = { ...close.env, FENCE_SECONDS: String(fenceSeconds) }
  return { ...functions, 'settlement/close': { ...close, env } }
}

/** The real adapters over the simulated table, without the world between them. */
export function lookAt(database: Database): Store {
  const client = {
    async send({ constructor: { name }, input }: { constructor: { name: string }; input: never }) {
      if (name === 'GetItemCommand') return database.get(input)
      if (name === 'BatchGetItemCommand') return database.batchGet(input)
      if (name === 'QueryCommand') return database.query(input)
      throw named('NotSimulated', `${name} by one who only looks`)
    },
  }
  return connectStore({
    tableName: TABLE_NAME,
    client: client as unknown as DynamoDBClient,
    pause: async () => undefined,
  })
}
