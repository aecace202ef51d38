/**
 * The resource types of a template: which run here, which stand for nothing on one machine, and what
 * Ref and Fn::GetAtt give for each. A type in neither list stops the host.
 */

/** Types the host runs. */
export const RUN_TYPES: ReadonlySet<string> = new Set([
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::Alias',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Version',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
  'AWS::StepFunctions::StateMachine',
])

/** Types that watch, log, protect or account, and do nothing on one machine. */
export const IGNORED_TYPES: ReadonlySet<string> = new Set([
  'AWS::ApiGateway::Account',
  'AWS::ApplicationInsights::Application',
  'AWS::Budgets::Budget',
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::CloudWatch::InsightRule',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::Logs::QueryDefinition',
  'AWS::Logs::ResourcePolicy',
  'AWS::Logs::SubscriptionFilter',
  'AWS::ResourceGroups::Group',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SSM::Parameter',
  'AWS::WAFv2::WebACL',
  'AWS::XRay::Group',
])

/** Property that carries a resource's own name, when the template gives one. */
export const NAME_PROPERTY: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::CompositeAlarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Events::EventBus': 'Name',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::ManagedPolicy': 'ManagedPolicyName',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Alias': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::SSM::Parameter': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::StepFunctions::StateMachine': 'StateMachineName',
}

/** Where a resource lives: what an ARN says besides its name. */
export type Place = { readonly region: string; readonly account: string; readonly partition: string }

/** The ARN of a resource of this type and name, or undefined when the type has none here. */
export function arnOf(type: string, name: string, place: Place): string | undefined {
  const { region, account, partition } = place
  const regional = (service: string, rest: string) =>
    `arn:${partition}:${service}:${region}:${account}:${rest}`
  switch (type) {
    case 'AWS::CloudWatch::Alarm':
    case 'AWS::CloudWatch::CompositeAlarm':
      return regional('cloudwatch', `alarm:${name}`)
    case 'AWS::DynamoDB::GlobalTable':
    case 'AWS::DynamoDB::Table':
      return regional('dynamodb', `table/${name}`)
    case 'AWS::Events::EventBus':
      return regional('events', `event-bus/${name}`)
    case 'AWS::Events::Rule':
      return regional('events', `rule/${name}`)
    case 'AWS::IAM::Role':
      return `arn:${partition}:iam::${account}:role/${name}`
    case 'AWS::IAM::ManagedPolicy':
      return `arn:${partition}:iam::${account}:policy/${name}`
    case 'AWS::KMS::Key':
      return regional('kms', `key/${name}`)
    case 'AWS::Lambda::Function':
      return regional('lambda', `function:${name}`)
    case 'AWS::Logs::LogGroup':
      return regional('logs', `log-group:${name}:*`)
    case 'AWS::SNS::Topic':
      return regional('sns', name)
    case 'AWS::SQS::Queue':
      return regional('sqs', name)
    case 'AWS::Scheduler::Schedule':
      return regional('scheduler', `schedule/default/${name}`)
    case 'AWS::Scheduler::ScheduleGroup':
      return regional('scheduler', `schedule-group/${name}`)
    case 'AWS::StepFunctions::StateMachine':
      return regional('states', `stateMachine:${name}`)
    default:
      return undefined
  }
}
