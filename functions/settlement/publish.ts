import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { publishEra } from '../../shared/settlement/publish.ts'
import { connectBus } from '../../shared/store/bus.ts'
import { connectExecutions } from '../../shared/store/executions.ts'
import { connectStore } from '../../shared/store/table.ts'
import { metrics } from '../middleware/observe.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofEra } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  bus: connectBus({ busName: setting('BUS_NAME') }),
  executions: connectExecutions({ stateMachineArn: setting('STATE_MACHINE_ARN') }),
}))

/** Last step: tells the bus, and starts the next era that is closed. A held era waits for a person, so it is counted. */
export const handler = step(ofEra, async (order) => {
  const { era, state } = await publishEra(wiring(), order)
  metrics.addMetric('ErasHeld', MetricUnit.Count, state === 'HELD' ? 1 : 0)
  return { era, state }
})
