import { publishEra } from '../../shared/settlement/publish.ts'
import { connectBus } from '../../shared/store/bus.ts'
import { connectExecutions } from '../../shared/store/executions.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofEra } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  bus: connectBus({ busName: setting('BUS_NAME') }),
  executions: connectExecutions({ stateMachineArn: setting('STATE_MACHINE_ARN') }),
}))

/** Last step: tells the bus, and starts the next era that is closed. */
export const handler = step(ofEra, (order) => publishEra(wiring(), order))
