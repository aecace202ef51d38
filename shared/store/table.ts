import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { monotonicFactory } from 'ulid'
import type { ReadStore } from '../api/ports.ts'
import type { IngestStore, LogWriter } from '../ingest/ports.ts'
import type { LogStore, PolicyWriter, SettlementStore } from '../settlement/ports.ts'
import { clockStore } from './clock.ts'
import { decisionStore } from './decisions.ts'
import { Table } from './dynamo.ts'
import { foldStore } from './folds.ts'
import { journalStore } from './journal.ts'
import { REQUEST_LIMITS } from './limits.ts'
import { logStore } from './log.ts'
import { constantsOf } from './network.ts'
import { openingStore } from './opening.ts'
import { pageStore } from './pages.ts'
import { planStore } from './plans.ts'
import { policyStore } from './policies.ts'
import { purchaseStore } from './purchases.ts'
import { quarantineStore } from './quarantine.ts'
import { readStore } from './reads.ts'
import { recordStore } from './records.ts'
import { jitteredPause, type Pause } from './retry.ts'
import { runningStore } from './running.ts'
import { sealStore } from './seals.ts'
import { stateStore } from './state.ts'
import { statementStore } from './statements.ts'
import { systemStore } from './system.ts'
import type { NewId } from './values.ts'
import { weightStore } from './weights.ts'

export interface Connection {
  tableName: string
  client?: DynamoDBClient
  /** Ids of segments and attempts: unique, ascending. */
  newId?: NewId
  /** Waits between tries. */
  pause?: Pause
}

/** Everything the functions do with the table, by port. */
export interface Store extends SettlementStore, IngestStore {
  state: SettlementStore['state']
  clock: SettlementStore['clock']
  policies: SettlementStore['policies'] & PolicyWriter
  log: LogStore & LogWriter
  pages: SettlementStore['pages']
  journal: IngestStore['journal']
  /** The table as the API reads it. */
  reads: ReadStore
}

/** Connects nothing yet: the first request does. Region and endpoint are the environment's. */
export function connectStore({
  tableName,
  client = new DynamoDBClient({ requestHandler: REQUEST_LIMITS }),
  newId = monotonicFactory(),
  pause = jitteredPause,
}: Connection): Store {
  const table = new Table(client, tableName, pause)
  const constants = constantsOf(table)
  const policies = policyStore(table)
  const journal = journalStore(table, constants, pause)
  return {
    state: stateStore(table),
    policies,
    clock: clockStore(table),
    log: logStore(table, newId),
    folds: foldStore(table, newId),
    weights: weightStore(table, newId),
    plans: planStore(table, newId),
    decisions: decisionStore(table, newId),
    system: systemStore(table),
    statements: statementStore(table, newId),
    pages: pageStore(table, constants),
    journal,
    records: recordStore(table),
    seals: sealStore(table, newId),
    purchases: purchaseStore(table),
    quarantine: quarantineStore(table, newId),
    running: runningStore(table),
    reads: readStore(table, policies, constants, journal),
    opening: openingStore(table),
  }
}
