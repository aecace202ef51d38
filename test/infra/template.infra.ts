import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, it } from 'vitest'
import { STAGES } from '../../infra/config.ts'
import { buildStage, templateOf } from '../support/deployment.ts'

/** What changes with every line of a function. */
function withoutHashes(template: unknown): unknown {
  return JSON.parse(JSON.stringify(template).replaceAll(/[0-9a-f]{64}/g, '<hash>'))
}

describe('the template', () => {
  it.each(STAGES)('of stage %s is as it was, and no rule of cdk-nag finds fault with it', (stage) => {
    expect(withoutHashes(templateOf(stage))).toMatchSnapshot()
  })

  it('would not be written if a rule found fault', () => {
    const app = buildStage('dev')
    const [stack] = app.node.children.slice(-1)
    if (stack === undefined) throw new Error('the app has no stack')
    new Topic(stack, 'OpenTopic')
    expect(() => app.synth()).toThrow('The SNS Topic does not require publishers to use SSL')
  })

  it('says where everything is', () => {
    expect(Object.keys(templateOf('prod').Outputs).sort()).toEqual([
      'AlarmTopicArn',
      'ApiUrl',
      'BusName',
      'IntakeDlqUrl',
      'IntakeQueueUrl',
      'PayOutMachineArn',
      'ReplayFunctionName',
      'StateMachineArn',
      'TableName',
      'TickFunctionName',
      'UndeliveredDlqUrl',
    ])
  })

  it('is not begun for a stage that does not exist, or a policy with a mistake', () => {
    expect(() => buildStage('dev', { stage: 'production' })).toThrow(
      'a stage is one of local, dev, prod: got "production"',
    )
    expect(() => buildStage('dev', { policy: 'cdk.json' })).toThrow(
      /\nera: an era has exactly one of every, blocks: got undefined\n.*\npolicy: unknown key "app", "context"$/s,
    )
    expect(() => buildStage('dev', { policy: 'nowhere.json' })).toThrow(
      'a policy is a preset\'s name or a file: there is no "nowhere.json"',
    )
  })
})
