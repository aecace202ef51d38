import { type Case, differences, drawCase } from './case.ts'
import { shrink } from './shrink.ts'

/** Runs the case of a seed; answers with what a person needs to see where the two sides differ. */
export async function check(seed: number): Promise<string | undefined> {
  const drawn = drawCase(seed)
  if ((await differences(drawn)).length === 0) return undefined
  return explain(await shrink(drawn))
}

async function explain(smallest: Case): Promise<string> {
  const { seed, policy, events, eras, shards, partitions } = smallest
  return [
    `Engine and naive evaluator differ. Replay: npm run test:differential -- --runs 1 --seed ${seed}`,
    `policy ${JSON.stringify(policy)}`,
    ...events.map((event) => `event ${event['detail-type']} ${JSON.stringify(event.detail.data)}`),
    `${eras} eras, ${shards} shards, ${partitions} partitions`,
    ...(await differences(smallest)),
  ].join('\n')
}
