/** A process for one step of a settlement: every invocation of it, then the peak of its memory to the parent. */
import { PARTITIONS } from '../../shared/domain/account.ts'
import { SHARDS } from '../../shared/domain/settle.ts'
import { range } from '../../shared/settlement/network.ts'
import { contextOf } from './lambda.ts'
import { inputsOf } from './settle.ts'

const [step = ''] = process.argv.slice(2)
const started = performance.now()
const { handler } = await import(`../../functions/settlement/${step}.ts`)
for (const input of inputsOf(step, range(SHARDS), range(PARTITIONS))) await handler(input, contextOf(step))
process.send?.({
  peakMb: process.resourceUsage().maxRSS / 1_024,
  seconds: (performance.now() - started) / 1_000,
})
