import { parseArgs } from 'node:util'
import { coldStart } from './cold-start.ts'
import { endToEnd } from './end-to-end.ts'
import { fold } from './fold.ts'
import { growth } from './growth.ts'
import { ingest } from './ingest.ts'
import type { Bench, Figure } from './measure.ts'
import { memory } from './memory.ts'
import { quote } from './quote.ts'
import { reads } from './reads.ts'
import { settle } from './settle.ts'
import { split } from './split.ts'
import { machine, tableOf } from './table.ts'

/** In the order in which they run. */
const BENCHES: Record<string, Bench> = {
  ingest,
  fold,
  split,
  settle,
  quote,
  reads,
  memory,
  growth,
  'end-to-end': endToEnd,
  'cold-start': coldStart,
}

const DEFAULT_ACCOUNTS = '100000'

const USAGE = `npm run bench -- [NAME ...] [--json] [--accounts COUNT]
Measures the product's handlers over the local database, and the usual way to do the same in the same run.
NAME: ${Object.keys(BENCHES).join(', ')}; all of them by default.
--accounts COUNT   accounts that settle (default ${DEFAULT_ACCOUNTS}; README's table is of 1000000)
--tiny             shows in seconds that everything works; measures nothing
--json             one JSON document instead of the table
`

if (import.meta.main) await run()

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      accounts: { type: 'string', default: DEFAULT_ACCOUNTS },
      tiny: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name))
  const accounts = Number(values.accounts)
  if (values.help || unknown.length > 0 || !Number.isSafeInteger(accounts) || accounts < 1) {
    console.error(USAGE)
    process.exitCode = values.help ? 0 : 2
    return
  }
  const figures: Figure[] = []
  const names = positionals.length > 0 ? positionals : Object.keys(BENCHES)
  for (const name of names) {
    console.error(`${name} ...`)
    figures.push(...(await (BENCHES[name] as Bench)({ tiny: values.tiny, accounts })))
  }
  const on = machine()
  if (values.json) console.log(JSON.stringify({ machine: on, names, figures }, null, 2))
  else console.log(`${tableOf(figures)}\n\n${on}`)
}
