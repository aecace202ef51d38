import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Stage, StageConfig } from './config.ts'
import { Alarms } from './constructs/alarms.ts'
import { Api } from './constructs/api.ts'
import { Books } from './constructs/books.ts'
import { Bundles } from './constructs/bundles.ts'
import { Intake } from './constructs/intake.ts'
import { Payouts } from './constructs/payouts.ts'
import { Settlement } from './constructs/settlement.ts'
import type { PolicyFile } from './policy-file.ts'

export interface ExchequerStackProps extends StackProps {
  stage: Stage
  config: StageConfig
  /** The policy that the network is opened with; later versions are data. */
  policy: PolicyFile
  /** Name of a table to go on with, instead of one of the stack's own. */
  table?: string | undefined
}

/** One network: fees come in by the intake, the settlement shares them, the API shows the books. */
export class ExchequerStack extends Stack {
  constructor(scope: Construct, id: string, { stage, config, policy, table, ...props }: ExchequerStackProps) {
    super(scope, id, {
      description: `Exchequer: the network ${policy.policy.network}, stage ${stage}`,
      ...props,
    })
    const bundles = new Bundles(this, 'Bundles', {
      beside: { 'settlement/tick': { 'policy.json': JSON.stringify(policy.json) } },
    })
    const alarms = new Alarms(this, 'Alarms', { enabled: config.alarms })
    const house = { stage, config, bundles, alarms }

    const books = new Books(this, 'Books', { house, existing: table })
    const intake = new Intake(this, 'Intake', { house, books })
    const settlement = new Settlement(this, 'Settlement', { house, books, bus: intake.bus })
    const payouts = new Payouts(this, 'Payouts', { house, books, bus: intake.bus })
    const api = new Api(this, 'Api', { house, books })

    this.output({
      BusName: intake.bus.eventBusName,
      TableName: books.table.tableName,
      ApiUrl: api.url,
      StateMachineArn: settlement.machine.machine.stateMachineArn,
      PayOutMachineArn: payouts.machine.stateMachineArn,
      TickFunctionName: settlement.tick.lambda.functionName,
      ReplayFunctionName: intake.replay.lambda.functionName,
      IntakeQueueUrl: intake.queue.queueUrl,
      IntakeDlqUrl: intake.unreadable.queue.queueUrl,
      UndeliveredDlqUrl: intake.undelivered.queue.queueUrl,
    })
    Tags.of(this).add('network', policy.policy.network)
    Tags.of(this).add('stage', stage)
  }

  private output(values: Record<string, string>): void {
    for (const [name, value] of Object.entries(values)) new CfnOutput(this, name, { value })
  }
}
