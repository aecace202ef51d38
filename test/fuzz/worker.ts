import { parentPort, workerData } from 'node:worker_threads'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Engine } from '../support/engine.ts'
import { runRound } from './round.ts'

/** A round in a thread of its own: with handlers that no other has used, and an environment that names its table. */

export interface Task {
  endpoint: string
  tableName: string
  seed: number
  cases: number
}

const { endpoint, tableName, seed, cases } = workerData as Task
const client = new DynamoDBClient({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})
parentPort?.postMessage(await runRound({ endpoint, tableName, client } as Engine, seed, cases))
client.destroy()
