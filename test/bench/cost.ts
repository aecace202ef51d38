import { parseArgs } from 'node:util'
import { FULL_PROCESSOR_MB, SMALL_MB } from '../../infra/constructs/house-function.ts'
import { ITEM_BYTES, measureFold } from './fold.ts'
import { measureIngest, type Taken, type TakenIn } from './ingest.ts'
import { population } from './population.ts'
import list from './prices.json' with { type: 'json' }
import { type Step, type Steps, settleStepByStep, totalOf, transitionsOf } from './settle.ts'
import { machine, markdown } from './table.ts'

/** Measured units, requests, transitions and durations, times the price list. README.md here explains each line. */

const MILLION = 1_000_000
const GB = 1024 ** 3

/** What EventBridge and SQS count as one. */
const BILLED_BYTES = 64 * 1024
/** Messages that Lambda receives, and deletes, with one request to SQS. */
const MESSAGES_IN_REQUEST = 10

/** A request to DynamoDB from a function next to it. Added for every one as if none overlapped another. */
const ROUND_TRIP_MS = 5
/** Lambda's own lines about an invocation: START, END, REPORT. */
const REPORT_BYTES = 500
/** Fees stay in the log for good: this is what a month of them costs. */
const STORED_MONTHS = 1

/** What a job uses, in the names of the price list. */
type Used = Partial<Record<keyof typeof list.prices, number>>

const TARGETS: Record<string, number> = { 'single fees': 1.7, 'array events of 200': 0.15 }
const FOLD_LINE = 'counting'

/** Lines of a bill by name. */
type Bill = Record<string, Used>

const USAGE = `npm run cost -- [--accounts COUNT] [--json]
Dollars of a million fees and of a million accounts settled, from what this machine measures and prices.json.
--accounts COUNT   accounts that settle in one era (default 100000)
`

if (import.meta.main) await run()

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: {
      accounts: { type: 'string', default: '100000' },
      json: { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const accounts = Number(values.accounts)
  if (values.help || !Number.isSafeInteger(accounts) || accounts < 1) {
    console.error(USAGE)
    process.exitCode = values.help ? 0 : 2
    return
  }
  const bills = await billsOf({ tiny: values.tiny, accounts })
  const note = `${list.region}, prices of ${list.asOf}; measured on ${machine()}`
  if (values.json) console.log(JSON.stringify({ machine: machine(), prices: list, bills }, null, 2))
  else console.log(`${textOf(bills, accounts)}\n\n${note}`)
}

interface Bills {
  /** Of a million fees. */
  fees: Record<string, Bill>
  /** Of a million accounts settled. */
  accounts: Record<string, Bill>
}

async function billsOf({ tiny, accounts }: { tiny: boolean; accounts: number }): Promise<Bills> {
  const { single, array, usual } = await measureIngest({ tiny })
  const { stored, query, bytes } = await measureFold({ tiny })
  const steps = await settleStepByStep(population(tiny ? 100 : accounts))
  const counting: Used = {
    readUnit: stored.read * MILLION,
    writeUnit: stored.write * MILLION,
    gigabyteSecond: gigabyteSeconds(
      FULL_PROCESSOR_MB,
      (stored.cpuMs + stored.requests * ROUND_TRIP_MS) * MILLION,
    ),
  }
  const querying: Used = {
    readUnit: query.read * MILLION,
    gigabyteSecond: gigabyteSeconds(
      FULL_PROCESSOR_MB,
      (query.cpuMs + query.requests * ROUND_TRIP_MS) * MILLION,
    ),
  }
  return {
    fees: {
      'single fees': { ...feeBill(single, bytes), [FOLD_LINE]: counting },
      'array events of 200': { ...feeBill(array, bytes), [FOLD_LINE]: counting },
      'single fees, an item for each': { ...itemBill(single, usual), [FOLD_LINE]: querying },
      'array events, an item for each': { ...itemBill(array, usual), [FOLD_LINE]: querying },
    },
    accounts: {
      settled: settleBill(steps, MILLION / (tiny ? 100 : accounts)),
      'an update for each': { 'table: writes': { writeUnit: MILLION } },
    },
  }
}

function feeBill(taken: TakenIn, bytes: number): Bill {
  const invocations = MILLION / taken.feesInInvocation
  const billedMs = taken.cpuMs * taken.feesInInvocation + taken.requests * ROUND_TRIP_MS
  return {
    ...wayIn(taken),
    'ingest: requests': { invocation: invocations },
    'ingest: duration': { gigabyteSecond: gigabyteSeconds(FULL_PROCESSOR_MB, invocations * billedMs) },
    'ingest: logs': { logGigabyte: (invocations * (taken.printedBytes + REPORT_BYTES)) / GB },
    'table: writes': { writeUnit: taken.writeUnits * MILLION },
    'table: reads': { readUnit: taken.readUnits * MILLION },
    'table: a month of the log': monthOf(bytes),
  }
}

/** The same way in, with an item written for each fee: 25 in a request. */
function itemBill(taken: TakenIn, usual: Taken): Bill {
  const invocations = MILLION / taken.feesInInvocation
  const requests = Math.ceil(taken.feesInInvocation / 25)
  const billedMs = usual.cpuMs * taken.feesInInvocation + (requests * ROUND_TRIP_MS) / 8
  return {
    ...wayIn(taken),
    'ingest: requests': { invocation: invocations },
    'ingest: duration': { gigabyteSecond: gigabyteSeconds(FULL_PROCESSOR_MB, invocations * billedMs) },
    'ingest: logs': { logGigabyte: (invocations * (taken.printedBytes + REPORT_BYTES)) / GB },
    'table: writes': { writeUnit: MILLION },
    'table: reads': {},
    'table: a month of the log': monthOf(ITEM_BYTES),
  }
}

/** Bus and queue: published once, sent to the queue, received and deleted ten at a time. */
function wayIn({ messageBytes, feesInMessage }: TakenIn): Bill {
  const messages = MILLION / feesInMessage
  const chunks = Math.ceil(messageBytes / BILLED_BYTES)
  const received = Math.ceil((messageBytes * MESSAGES_IN_REQUEST) / BILLED_BYTES) / MESSAGES_IN_REQUEST
  return {
    'bus: events': { event: messages * chunks },
    'queue: requests': { queueRequest: messages * (chunks + received + 1 / MESSAGES_IN_REQUEST) },
  }
}

function monthOf(bytes: number): Used {
  const gigabytes = (bytes * MILLION * STORED_MONTHS) / GB
  return { storedGigabyteMonth: gigabytes, recoverableGigabyteMonth: gigabytes }
}

function settleBill(steps: Steps, times: number): Bill {
  const duration = (step: Step, memoryMb: number) =>
    gigabyteSeconds(memoryMb, step.cpuMs + step.requests * ROUND_TRIP_MS)
  const { close, fold, weigh, decide, credit, seal } = steps
  const units = totalOf(steps)
  const invocations = Object.values(steps).reduce((sum, step) => sum + step.invocations, 0)
  const seconds =
    [fold, weigh, credit].reduce((sum, step) => sum + duration(step, FULL_PROCESSOR_MB), 0) +
    [close, decide, seal].reduce((sum, step) => sum + duration(step, SMALL_MB), 0)
  return {
    'table: writes': { writeUnit: units.write * times },
    'table: reads': { readUnit: units.read * times },
    'functions: requests': { invocation: invocations * times },
    'functions: duration': { gigabyteSecond: seconds * times },
    'machine: transitions': { transition: transitionsOf() * times },
  }
}

function gigabyteSeconds(memoryMb: number, ms: number): number {
  return (memoryMb / 1024) * (ms / 1_000)
}

/** What a line costs, dollars. */
function dollarsOf(used: Used): number {
  return Object.entries(used).reduce((sum, [name, amount]) => {
    const { dollars, per } = list.prices[name as keyof Used]
    return sum + (amount / per) * dollars
  }, 0)
}

function totalOfBill(bill: Bill): number {
  return Object.values(bill).reduce((sum, used) => sum + dollarsOf(used), 0)
}

function textOf({ fees, accounts }: Bills, settled: number): string {
  return [
    'Dollars of a million fees',
    '',
    billTable(fees),
    '',
    `Dollars of a million accounts settled, at ${settled.toLocaleString('en-US')} in one era`,
    '',
    billTable(accounts),
  ].join('\n')
}

function billTable(bills: Record<string, Bill>): string {
  const names = Object.keys(bills)
  const lines = [...new Set(Object.values(bills).flatMap(Object.keys))]
  const rows = lines.map((line) => [
    line,
    ...names.map((name) => money(dollarsOf(bills[name]?.[line] ?? {}))),
  ])
  const totals = ['in all', ...names.map((name) => money(totalOfBill(bills[name] ?? {})))]
  const targets = [
    'target',
    ...names.map((name) => (TARGETS[name] === undefined ? '' : `<= ${money(TARGETS[name])}`)),
  ]
  const hasTargets = names.some((name) => TARGETS[name] !== undefined)
  return markdown(['', ...names], [...rows, totals, ...(hasTargets ? [targets] : [])])
}

function money(dollars: number): string {
  return dollars === 0 ? '' : dollars.toFixed(dollars < 0.01 ? 5 : 3)
}
