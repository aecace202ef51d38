import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { INDEXES } from '../../shared/store/dynamo.ts'
import { connectStore, type Store } from '../../shared/store/table.ts'
import { type Code, codeOf } from './aws/code.ts'
import { type Deployment, readDeployment, TABLE_NAME } from './aws/deployment.ts'
import { Lambda, type Outcome } from './aws/lambda.ts'
import { Machines } from './aws/machine.ts'
import { Queue } from './aws/queue.ts'
import { Schedules } from './aws/schedule.ts'
import { named, type Sent, Wire } from './aws/sdk.ts'
import { Database } from './database/database.ts'
import { DatabaseService } from './database/service.ts'
import { wrongWith } from './invariants.ts'
import { type FaultPlan, Faults } from './world/faults.ts'
import { World } from './world/world.ts'

/** What all runs share: the template and the functions' code. */
export interface Product {
  deployment: Deployment
  codes: ReadonlyMap<string, Code>
}

/** Loads the product once for many runs. */
export async function loadProduct(deployment = readDeployment()): Promise<Product> {
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
  keepsLines?: boolean
}

/** The most that an answer of the table holds here, bytes: small pages show what only a large network would meet. */
const ANSWER_BYTES = [3_000, 100_000, 1_048_576]

/** The whole service in one simulated world, with the ways into it that people and producers have. */
export class Simulation {
  readonly world: World
  readonly faults: Faults
  readonly database: Database
  readonly lambda: Lambda
  readonly queue: Queue
  readonly machines: Machines
  /** Straight to the table, undisturbed and at once: for looking at it from outside. */
  readonly store: Store
  /** What the network said on its bus. */
  readonly published: { DetailType: string; Detail: string }[] = []
  readonly #schedules: Schedules
  readonly #deployment: Deployment

  constructor({
    product,
    seed,
    plan,
    policyJson,
    startMs,
    shards,
    partitions,
    keepsLines,
  }: SimulationOptions) {
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
    this.lambda = new Lambda({
      world,
      faults: this.faults,
      functions: product.deployment.functions,
      codes: product.codes,
      realm: (instance) => ({
        shards,
        partitions,
        readFile: () => JSON.stringify(policyJson),
        send: (sdk, command) =>
          wire.send(instance, sdk, command.constructor.name.replace(/Command$/, ''), command.input),
      }),
      onWrong: (error) => world.fail(error),
    })
    this.machines = new Machines(world, this.faults, this.lambda, product.deployment.machines)
    this.queue = new Queue(world, this.faults, this.lambda, product.deployment.queue)
    this.#schedules = new Schedules(world, this.faults, this.lambda, this.machines)
    this.#deployment = product.deployment
    this.store = lookAt(this.database)
  }

  /** Starts the schedules. */
  start(): void {
    this.#schedules.start(this.#deployment.schedules)
  }

  /** An operator calls a function until it answers. */
  async operate(entry: string, input: object): Promise<unknown> {
    for (;;) {
      const outcome: Outcome = await this.lambda.invoke(entry, input, `operator ${entry}`)
      if ('payload' in outcome) return outcome.payload
      await this.world.sleep(5_000)
    }
  }

  async #serve(table: DatabaseService, sent: Sent): Promise<unknown> {
    if (sent.sdk === '@aws-sdk/client-dynamodb') return table.serve(sent)
    if (sent.sdk === '@aws-sdk/client-sfn') return this.machines.serve(sent)
    if (sent.operation !== 'PutEvents') throw named('NotSimulated', `the operation ${sent.operation}`)
    this.world.say(sent.place)
    if (sent.fault === 'partial') return { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] }
    this.published.push(...sent.input.Entries)
    return { FailedEntryCount: 0, Entries: [{}] }
  }
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
