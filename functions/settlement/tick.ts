import { readFileSync } from 'node:fs'
import { tick } from '../../shared/settlement/tick.ts'
import { connectExecutions } from '../../shared/store/executions.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofTick } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  executions: connectExecutions({ stateMachineArn: setting('STATE_MACHINE_ARN') }),
  now: Date.now,
  // The policy of the deployment lies beside the bundle.
  policyJson: () => JSON.parse(readFileSync(new URL('policy.json', import.meta.url), 'utf8')) as unknown,
}))

/** Called by the schedule every minute, and by an operator who advances the network's clock. */
export const handler = step(ofTick, (order) => tick(wiring(), order))
