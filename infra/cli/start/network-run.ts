import { setTimeout as sleep } from 'node:timers/promises'
import type * as z from 'zod'
import type { currentEraResponse } from '../../../shared/api/contracts/eras.ts'
import type { policyResponse } from '../../../shared/api/contracts/network.ts'
import { formatPosition } from '../../../shared/domain/calendar.ts'
import { ExchequerError } from '../../../shared/domain/errors.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'
import type { Host } from '../../local/host.ts'
import type { FittedPolicy } from '../../sample/fit.ts'
import { SAMPLE_SEED, SAMPLE_SIZE, sampleNetwork } from '../../sample/sample.ts'
import type { Api } from '../api.ts'
import type { Outputs } from '../deployment.ts'
import { readSealedThrough } from '../sealed.ts'
import { formatCount, type Progress, plural, styleFor } from '../terminal.ts'
import { isProved, type Outcome, readOutcome, reportOutcome } from './outcome.ts'
import { sendSample } from './send-sample.ts'
import type { Settling } from './settling.ts'

/** A host that runs, and who is told how far things are. */
export interface NetworkRun {
  host: Host
  api: Api
  outputs: Outputs
  settling: Settling
  progress: Progress
  say: (line: string) => void
}

/** Opens the network by its first tick, and says what is there where a database was kept. */
export async function openNetwork(
  { host, api, outputs, say }: NetworkRun,
  { json }: FittedPolicy,
): Promise<{ policy: Policy; isNew: boolean }> {
  await host.invoke(outputs('TickFunctionName'), {})
  const inForce = await api.get<z.output<typeof policyResponse>>('/policy')
  const { era, sealedThrough, income, cost, unsealed } =
    await api.get<z.output<typeof currentEraResponse>>('/eras/current')
  const policy = parsePolicy(inForce.policy)
  if (inForce.hash !== policyHash(json)) {
    say(
      `note the database lives by version ${inForce.version} of its policy as it was when the network was opened, not by this file`,
    )
  }
  const isNew = sealedThrough < 0 && unsealed.length === 0 && income.count === 0 && cost.count === 0
  if (!isNew) {
    const sealed = sealedThrough < 0 ? 'no era is sealed yet' : `eras are sealed through ${sealedThrough}`
    say(
      `${policy.network} is in the database already: ${sealed}, era ${era} is open with ${plural(income.count, 'fee')} so far. No sample is sent.`,
    )
  }
  return { policy, isNew }
}

/** Sends the sample, moves the clock past its last era, waits for the seals, and shows what came of it. */
export async function runSample(run: NetworkRun, policy: Policy, eras: number): Promise<Outcome> {
  const { host, api, outputs, settling, progress } = run
  const sample = sampleNetwork(policy, SAMPLE_SEED, { ...SAMPLE_SIZE, eras })
  const total = formatCount(sample.events.length)
  const sent = await sendSample(sample, host.url, outputs('BusName'), (soFar) => {
    progress.show(`sending ${formatCount(soFar.events)} of ${total} events`)
  })
  if (sent.failed > 0)
    throw new ExchequerError('NotSent', `${plural(sent.failed, 'event')} could not be sent: ${sent.reason}`)
  progress.done(
    `${plural(sent.events, 'event')} sent through PutEvents, in ${plural(sent.entries, 'entry', 'entries')} and ${plural(sent.requests, 'request')}`,
  )

  await showWhile(host.drained(), () =>
    progress.show(
      `booking: ${plural(host.queueDepth(), 'message')} in the queue, until a batch is full or its window over`,
    ),
  )
  progress.done('booked in the log')

  await host.invoke(outputs('TickFunctionName'), {
    advanceTo: formatPosition(policy.era.calendar, sample.until),
  })
  await waitForSeals(api, eras, settling, progress)

  const outcome = await readOutcome(api, eras, sent.events)
  process.stdout.write(
    `\n${reportOutcome(outcome, policy, styleFor(process.stdout), process.stdout.columns)}\n`,
  )
  if (!isProved(outcome, policy))
    throw new ExchequerError(
      'NotProved',
      'the report above does not add up: money, events or seals are not as they must be',
    )
  return outcome
}

const POLL_MS = 100
/** An era of the sample settles in a second or two; one that takes this long hangs. */
const ERA_TIMEOUT_MS = 120_000

async function waitForSeals(api: Api, eras: number, settling: Settling, progress: Progress): Promise<void> {
  let movedAt = performance.now()
  for (let sealed = 0; sealed < eras; ) {
    const failure = settling.failure()
    if (failure !== undefined) throw new ExchequerError('SettlementFailed', failure)
    if (performance.now() - movedAt > ERA_TIMEOUT_MS)
      throw new ExchequerError(
        'NotSealed',
        `era ${sealed} was not sealed within ${ERA_TIMEOUT_MS / 1000} s: ${settling.describe()}`,
      )
    progress.show(`settling ${settling.describe()}`)
    const now = (await readSealedThrough(api)) + 1
    for (; sealed < Math.min(now, eras); sealed += 1) {
      progress.done(`era ${sealed} settled: close, fold, weigh, decide, credit, seal, publish`)
      movedAt = performance.now()
    }
    await sleep(POLL_MS)
  }
}

/** Shows progress until something is done. */
async function showWhile(done: Promise<unknown>, show: () => void): Promise<void> {
  const timer = setInterval(show, POLL_MS)
  try {
    await done
  } finally {
    clearInterval(timer)
  }
}
