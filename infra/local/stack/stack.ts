import type { Assembly } from './assembly.ts'
import { type References, resolveValue } from './intrinsics.ts'
import { arnOf, IGNORED_TYPES, NAME_PROPERTY, type Place, RUN_TYPES } from './types.ts'
import { type Fields, isRecord, recordOf, StartupError } from './values.ts'

/** A resource with its intrinsic functions resolved. */
export type Resource = {
  readonly logicalId: string
  readonly type: string
  /** Physical name: the template's own, else `<stack>-<logical id>`. */
  readonly name: string
  readonly properties: Fields
}

/** A template as it stands on this machine. */
export type Stack = {
  readonly name: string
  readonly place: Place
  /** Base URL of the host, without a slash at the end. */
  readonly hostUrl: string
  readonly parameters: Readonly<Record<string, string>>
  readonly resources: (...types: readonly string[]) => readonly Resource[]
  readonly arn: (resource: Resource) => string
  readonly outputs: () => Readonly<Record<string, string>>
}

export type StackOptions = {
  readonly hostUrl: string
  readonly parameters: Readonly<Record<string, string>>
  readonly place: Place
}

const URL_SUFFIX = 'amazonaws.com'

/**
 * Gives a template names, ARNs and parameter values.
 * @throws StartupError on a resource type the host does not know, or a parameter without a value.
 */
export function openStack(assembly: Assembly, options: StackOptions): Stack {
  const { hostUrl, place } = options
  const raw = recordOf(assembly.template.Resources)
  const typeOf = new Map<string, string>()
  for (const [logicalId, resource] of Object.entries(raw)) {
    const type = String(recordOf(resource).Type)
    if (!RUN_TYPES.has(type) && !IGNORED_TYPES.has(type)) {
      throw new StartupError(`Resource ${logicalId} is of type ${type}, which the local host does not run`)
    }
    typeOf.set(logicalId, type)
  }
  const parameters = parameterValues(assembly.template, options.parameters)
  const names = new Map<string, string>()

  const nameOf = (logicalId: string): string => {
    const known = names.get(logicalId)
    if (known !== undefined) return known
    const type = typeOf.get(logicalId)
    if (type === undefined)
      throw new StartupError(`The template refers to ${logicalId}, which it does not define`)
    const generated = generatedName(assembly.stackName, logicalId, type)
    const property = NAME_PROPERTY[type]
    const given = property === undefined ? undefined : recordOf(recordOf(raw[logicalId]).Properties)[property]
    const name = given === undefined ? generated : String(resolveValue(given, references))
    names.set(logicalId, name)
    return name
  }

  const arnById = (logicalId: string): string => {
    const type = typeOf.get(logicalId) ?? ''
    if (type === 'AWS::Lambda::Alias' || type === 'AWS::Lambda::Version') {
      const target = resolveValue(recordOf(recordOf(raw[logicalId]).Properties).FunctionName, references)
      const qualifier = type === 'AWS::Lambda::Alias' ? nameOf(logicalId) : '1'
      const functionName = String(target).split(':').at(-1) ?? ''
      return `${arnOf('AWS::Lambda::Function', functionName, place)}:${qualifier}`
    }
    const arn = arnOf(type, nameOf(logicalId), place)
    if (arn === undefined) throw new StartupError(`${logicalId} (${type}) has no ARN here`)
    return arn
  }

  const pseudo: Readonly<Record<string, string>> = {
    'AWS::AccountId': place.account,
    'AWS::Partition': place.partition,
    'AWS::Region': place.region,
    'AWS::StackId': `arn:${place.partition}:cloudformation:${place.region}:${place.account}:stack/${assembly.stackName}/local`,
    'AWS::StackName': assembly.stackName,
    'AWS::URLSuffix': URL_SUFFIX,
  }

  const references: References = {
    ref: (logicalId) => {
      const fixed = pseudo[logicalId] ?? parameters[logicalId]
      if (fixed !== undefined) return fixed
      switch (typeOf.get(logicalId)) {
        case 'AWS::SQS::Queue':
          return queueUrl(hostUrl, place, nameOf(logicalId))
        case 'AWS::IAM::ManagedPolicy':
        case 'AWS::Lambda::Alias':
        case 'AWS::Lambda::Version':
        case 'AWS::SNS::Topic':
        case 'AWS::StepFunctions::StateMachine':
          return arnById(logicalId)
        default:
          return nameOf(logicalId)
      }
    },
    attribute: (logicalId, attribute) => {
      const type = typeOf.get(logicalId)
      switch (attribute) {
        case 'Arn':
        case 'TopicArn':
        case 'AliasArn':
          return arnById(logicalId)
        case 'Name':
        case 'QueueName':
        case 'TopicName':
        case 'ApiId':
        case 'RoleId':
        case 'TableId':
        case 'KeyId':
        case 'FunctionName':
          return nameOf(logicalId)
        case 'QueueUrl':
          return queueUrl(hostUrl, place, nameOf(logicalId))
        case 'ApiEndpoint':
          return hostUrl
        case 'Version':
          return '1'
        default:
          throw new StartupError(
            `Fn::GetAtt ${logicalId}.${attribute} (${type}) is not known to the local host`,
          )
      }
    },
  }

  const cache = new Map<string, Resource>()
  const resourceOf = (logicalId: string): Resource => {
    const cached = cache.get(logicalId)
    if (cached !== undefined) return cached
    const properties = resolveValue(recordOf(raw[logicalId]).Properties ?? {}, references)
    const resource = {
      logicalId,
      type: typeOf.get(logicalId) ?? '',
      name: nameOf(logicalId),
      properties: isRecord(properties) ? properties : {},
    }
    cache.set(logicalId, resource)
    return resource
  }
  const ofTypes = (types: readonly string[]) => [...typeOf].filter(([, type]) => types.includes(type))

  return {
    name: assembly.stackName,
    place,
    hostUrl,
    parameters,
    resources: (...types) => ofTypes(types).map(([logicalId]) => resourceOf(logicalId)),
    arn: (resource) => arnById(resource.logicalId),
    outputs: () => {
      const apis = ofTypes(['AWS::ApiGatewayV2::Api']).map(([logicalId]) => nameOf(logicalId))
      const outputs = Object.entries(recordOf(assembly.template.Outputs)).map(([key, output]) => {
        const value = String(resolveValue(recordOf(output).Value, references))
        return [key, localUrl(value, apis, place, hostUrl)] as const
      })
      return Object.fromEntries(outputs)
    },
  }
}

function queueUrl(hostUrl: string, place: Place, name: string): string {
  return `${hostUrl}/${place.account}/${name}`
}

/** API ids are part of host names, so they hold letters and digits only. */
function generatedName(stackName: string, logicalId: string, type: string): string {
  return type === 'AWS::ApiGatewayV2::Api' ? logicalId.toLowerCase() : `${stackName}-${logicalId}`
}

/** The CDK joins an API's address from its id; on this machine that address is the host's. */
function localUrl(value: string, apis: readonly string[], place: Place, hostUrl: string): string {
  let url = value
  for (const api of apis)
    url = url.replace(`https://${api}.execute-api.${place.region}.${URL_SUFFIX}`, hostUrl)
  return url
}

function parameterValues(template: Fields, given: Readonly<Record<string, string>>): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, parameter] of Object.entries(recordOf(template.Parameters))) {
    const value = given[name] ?? recordOf(parameter).Default
    if (value === undefined) {
      throw new StartupError(`Parameter ${name} has no default: pass it in startHost({ parameters })`)
    }
    values[name] = String(value)
  }
  return values
}
