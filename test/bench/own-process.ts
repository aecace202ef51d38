import { execFile } from 'node:child_process'
import { json } from 'node:stream/consumers'
import { promisify } from 'node:util'

/** Load comes from a process of its own: with an event loop that does nothing else, what is measured is who answers. */

const MOST_OUTPUT_BYTES = 2 ** 28

/** Runs a file of this folder that calls {@link answerPlan}, and gives its answer. Throws where it throws. */
export async function inOwnProcess<Answer>(file: string, plan: object): Promise<Answer> {
  const running = promisify(execFile)(process.execPath, [file], { maxBuffer: MOST_OUTPUT_BYTES })
  running.child.stdin?.end(JSON.stringify(plan))
  return JSON.parse((await running).stdout)
}

/** The other end of {@link inOwnProcess}. */
export async function answerPlan<Plan>(work: (plan: Plan) => Promise<unknown>): Promise<void> {
  console.log(JSON.stringify(await work((await json(process.stdin)) as Plan)))
}
