import { ServiceError } from '../service-error.ts'
import type { Stack } from '../stack/stack.ts'
import { recordOf, StartupError, textOf, textsOf } from '../stack/values.ts'
import { allows, forPrincipal, readPolicy, type Statement } from './policy.ts'

/** Who calls: a function under its own role, or undefined for the developer, who may do everything. */
export type Caller = { readonly functionName: string; readonly roleArn: string } | undefined

/** What a role was let do, as IAM names it. */
export type Use = { readonly roleArn: string; readonly action: string; readonly resource: string }

/** The roles and resource policies of the template, asked before every call. */
export type Access = {
  readonly may: (roleArn: string, action: string, resource: string) => boolean
  /** All that roles were let do so far, each once. */
  readonly uses: () => readonly Use[]
  /** @throws ServiceError AccessDeniedException naming action, resource and function. */
  readonly authorize: (caller: Caller, action: string, resource: string) => void
  /** @throws StartupError when the role's trust policy does not let the service assume it. */
  readonly requireTrust: (roleArn: string, service: string, sourceArn: string) => void
  /** @throws StartupError naming who needs what. */
  readonly requireGrant: (roleArn: string, action: string, resource: string, who: string) => void
  readonly queueAllows: (queueArn: string, service: string, action: string, sourceArn: string) => boolean
  readonly invokePermitted: (functionArn: string, service: string, sourceArn: string) => boolean
}

/** Managed policies that grant only what nothing here calls (logs, traces). */
const HARMLESS_MANAGED: readonly string[] = [
  'AWSLambdaBasicExecutionRole',
  'AWSXRayDaemonWriteAccess',
  'AWSXrayWriteOnlyAccess',
  'AmazonAPIGatewayPushToCloudWatchLogs',
  'CloudWatchLambdaInsightsExecutionRolePolicy',
]

/**
 * Reads every role and policy of the template.
 * @throws StartupError on a managed policy or condition that is not known here.
 */
export function readAccess(stack: Stack): Access {
  const { account } = stack.place
  const facts = (sourceArn?: string) => ({
    'aws:PrincipalAccount': account,
    'aws:ResourceAccount': account,
    'aws:SecureTransport': 'true',
    ...(sourceArn === undefined ? {} : { 'aws:SourceAccount': account, 'aws:SourceArn': sourceArn }),
  })
  const { granted, trusted } = readRoles(stack)
  const queuePolicies = readQueuePolicies(stack)
  const permissions = readPermissions(stack)
  const decided = new Map<string, boolean>()
  const uses: Use[] = []

  const may = (roleArn: string, action: string, resource: string): boolean => {
    const key = `${roleArn} ${action} ${resource}`
    const known = decided.get(key)
    if (known !== undefined) return known
    const decision = allows(granted.get(roleArn) ?? [], action, resource, facts())
    decided.set(key, decision)
    if (decision) uses.push({ roleArn, action, resource })
    return decision
  }

  return {
    may,
    uses: () => uses,
    authorize: (caller, action, resource) => {
      if (caller === undefined || may(caller.roleArn, action, resource)) return
      const role = caller.roleArn.split('/').at(-1)
      throw new ServiceError(
        'AccessDeniedException',
        `User: arn:aws:sts::${account}:assumed-role/${role}/${caller.functionName} is not authorized to perform: ` +
          `${action} on resource: ${resource} because no policy of function ${caller.functionName} allows it`,
      )
    },
    requireTrust: (roleArn, service, sourceArn) => {
      const statements = forPrincipal(trusted.get(roleArn) ?? [], service)
      if (!allows(statements, 'sts:AssumeRole', '*', scheduleFacts(facts(sourceArn), service, stack))) {
        throw new StartupError(`${service} may not assume ${roleArn}: its trust policy does not allow it`)
      }
    },
    requireGrant: (roleArn, action, resource, who) => {
      if (may(roleArn, action, resource)) return
      throw new StartupError(`${who} needs ${action} on ${resource}, which ${roleArn} does not allow`)
    },
    queueAllows: (queueArn, service, action, sourceArn) =>
      allows(forPrincipal(queuePolicies.get(queueArn) ?? [], service), action, queueArn, facts(sourceArn)),
    invokePermitted: (functionArn, service, sourceArn) =>
      allows(
        forPrincipal(permissions.get(functionArn) ?? [], service),
        'lambda:InvokeFunction',
        functionArn,
        facts(sourceArn),
      ),
  }
}

/** The Scheduler presents its group, not the schedule, as the source of the call. */
function scheduleFacts(facts: Record<string, string>, service: string, stack: Stack): Record<string, string> {
  if (service !== 'scheduler.amazonaws.com') return facts
  const { partition, region, account } = stack.place
  const group = facts['aws:SourceArn']?.split('/').at(-2) ?? 'default'
  return {
    ...facts,
    'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/${group}`,
  }
}

function readRoles(stack: Stack) {
  const granted = new Map<string, Statement[]>()
  const trusted = new Map<string, readonly Statement[]>()
  const arnByName = new Map<string, string>()
  const managed = new Map<string, readonly Statement[]>()
  for (const policy of stack.resources('AWS::IAM::ManagedPolicy')) {
    managed.set(stack.arn(policy), readPolicy(policy.properties.PolicyDocument, policy.logicalId))
  }
  for (const role of stack.resources('AWS::IAM::Role')) {
    const arn = stack.arn(role)
    arnByName.set(role.name, arn)
    trusted.set(arn, readPolicy(role.properties.AssumeRolePolicyDocument, role.logicalId))
    const inline = Array.isArray(role.properties.Policies) ? role.properties.Policies : []
    const statements = inline.flatMap((item) => readPolicy(recordOf(item).PolicyDocument, role.logicalId))
    for (const managedArn of textsOf(role.properties.ManagedPolicyArns)) {
      const known = managed.get(managedArn)
      if (known === undefined && !HARMLESS_MANAGED.includes(managedArn.split('/').at(-1) ?? '')) {
        throw new StartupError(`Role ${role.logicalId}: managed policy ${managedArn} is not known here`)
      }
      statements.push(...(known ?? []))
    }
    granted.set(arn, statements)
  }
  for (const policy of stack.resources('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')) {
    const statements = readPolicy(policy.properties.PolicyDocument, policy.logicalId)
    for (const roleName of textsOf(policy.properties.Roles)) {
      granted.get(arnByName.get(roleName) ?? '')?.push(...statements)
    }
  }
  return { granted, trusted }
}

function readQueuePolicies(stack: Stack): ReadonlyMap<string, readonly Statement[]> {
  const arnByUrl = new Map<string, string>()
  for (const queue of stack.resources('AWS::SQS::Queue')) {
    arnByUrl.set(`${stack.hostUrl}/${stack.place.account}/${queue.name}`, stack.arn(queue))
  }
  const policies = new Map<string, readonly Statement[]>()
  for (const policy of stack.resources('AWS::SQS::QueuePolicy')) {
    const statements = readPolicy(policy.properties.PolicyDocument, policy.logicalId)
    for (const url of textsOf(policy.properties.Queues)) {
      const arn = arnByUrl.get(url)
      if (arn !== undefined) policies.set(arn, [...(policies.get(arn) ?? []), ...statements])
    }
  }
  return policies
}

function readPermissions(stack: Stack): ReadonlyMap<string, readonly Statement[]> {
  const permissions = new Map<string, Statement[]>()
  for (const { logicalId, properties } of stack.resources('AWS::Lambda::Permission')) {
    const target = functionArn(textOf(properties, 'FunctionName', logicalId), stack)
    const source = properties.SourceArn
    const [statement] = readPolicy(
      {
        Statement: {
          Effect: 'Allow',
          Action: properties.Action,
          Principal: { Service: properties.Principal },
          Resource: target,
          ...(source === undefined ? {} : { Condition: { ArnLike: { 'aws:SourceArn': source } } }),
        },
      },
      logicalId,
    )
    if (statement !== undefined) permissions.set(target, [...(permissions.get(target) ?? []), statement])
  }
  return permissions
}

/** The ARN of a function named by ARN or by name, without alias or version. */
export function functionArn(nameOrArn: string, stack: Stack): string {
  const { partition, region, account } = stack.place
  const parts = nameOrArn.split(':')
  const name = parts.length >= 7 ? parts[6] : nameOrArn
  return `arn:${partition}:lambda:${region}:${account}:function:${name}`
}
