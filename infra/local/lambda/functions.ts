import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Assembly } from '../stack/assembly.ts'
import type { Resource, Stack } from '../stack/stack.ts'
import { numberOf, optionalText, recordOf, StartupError, textOf } from '../stack/values.ts'

/** A function of the template, ready to run. */
export type LambdaFunction = {
  readonly logicalId: string
  readonly name: string
  readonly arn: string
  readonly roleArn: string
  /** Access key id the function signs with; the host knows it by this. */
  readonly accessKeyId: string
  readonly modulePath: string
  readonly exportName: string
  readonly handler: string
  readonly environment: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly logGroupName: string
  /** Most invocations at a time, or undefined for no limit of its own. */
  readonly reserved: number | undefined
}

/** Lambda's limit for an event, in bytes. */
export const MAX_EVENT_BYTES = 6 * 1024 * 1024
const DEFAULT_TIMEOUT_S = 3
const DEFAULT_MEMORY_MB = 128
const EXTENSIONS = ['.mjs', '.js', '.cjs'] as const
/** Properties that would change what a function does, in ways this host cannot follow. */
const UNKNOWN_PROPERTIES = ['Layers', 'ImageConfig', 'VpcConfig', 'FileSystemConfigs'] as const

/** @throws StartupError when a function is not a Node.js zip bundle of this assembly. */
export function readFunctions(assembly: Assembly, stack: Stack): readonly LambdaFunction[] {
  return stack
    .resources('AWS::Lambda::Function')
    .map((resource, index) => readFunction(resource, index, assembly, stack))
}

function readFunction(resource: Resource, index: number, assembly: Assembly, stack: Stack): LambdaFunction {
  const { logicalId, name, properties } = resource
  const runtime = optionalText(properties, 'Runtime') ?? 'none'
  if (!runtime.startsWith('nodejs'))
    throw new StartupError(`${logicalId}: runtime ${runtime} does not run here`)
  for (const key of UNKNOWN_PROPERTIES) {
    if (properties[key] !== undefined) throw new StartupError(`${logicalId}: ${key} is not supported here`)
  }
  const handler = textOf(properties, 'Handler', logicalId)
  const folder = assembly.assetPath(textOf(recordOf(properties.Code), 'S3Key', `${logicalId}.Code`))
  const dot = handler.lastIndexOf('.')
  const file = EXTENSIONS.map((extension) => join(folder, handler.slice(0, dot) + extension)).find(existsSync)
  if (file === undefined)
    throw new StartupError(`${logicalId}: no bundle for handler ${handler} in ${folder}`)
  const variables = Object.entries(recordOf(recordOf(properties.Environment).Variables))
  const reserved = properties.ReservedConcurrentExecutions
  return {
    logicalId,
    name,
    arn: stack.arn(resource),
    roleArn: textOf(properties, 'Role', logicalId),
    accessKeyId: `AKIALOCAL${String(index).padStart(11, '0')}`,
    modulePath: file,
    exportName: handler.slice(dot + 1),
    handler,
    environment: Object.fromEntries(variables.map(([key, value]) => [key, String(value)])),
    timeoutMs: numberOf(properties, 'Timeout', DEFAULT_TIMEOUT_S) * 1000,
    memoryMb: numberOf(properties, 'MemorySize', DEFAULT_MEMORY_MB),
    logGroupName: optionalText(recordOf(properties.LoggingConfig), 'LogGroup') ?? `/aws/lambda/${name}`,
    reserved: reserved === undefined ? undefined : Number(reserved),
  }
}

/** The environment Lambda would give the function, with every AWS call led to the host. */
export function environmentOf(fn: LambdaFunction, stack: Stack): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    TZ: 'UTC',
    LANG: 'en_US.UTF-8',
    ...fn.environment,
    AWS_ACCESS_KEY_ID: fn.accessKeyId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: stack.place.region,
    AWS_DEFAULT_REGION: stack.place.region,
    AWS_ENDPOINT_URL: stack.hostUrl,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: fn.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LAMBDA_TASK_ROOT: '/var/task',
    _HANDLER: fn.handler,
  }
}
