import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { UsageError } from './command.ts'

/** Which deployment a command talks to: the host on this machine, or a stack in AWS. */

export const LOCAL_PORT = 4610

export const DEPLOYMENT_OPTIONS = {
  'endpoint-url': {
    value: 'URL',
    describe: `Endpoint of the local host (default http://127.0.0.1:${LOCAL_PORT}).`,
  },
  aws: { describe: "Use AWS, with the environment's region and credentials." },
  stack: { value: 'NAME', describe: 'Name of the stack in AWS; needed with --aws.' },
} as const

export interface DeploymentValues {
  'endpoint-url': string | undefined
  aws: boolean
  stack: string | undefined
}

/** What every SDK client is made with. */
export interface ClientConfig {
  endpoint?: string
  region?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
  maxAttempts?: number
}

/** The host takes any key that is not a function's own for the operator's. */
const LOCAL_CREDENTIALS = { accessKeyId: 'operator', secretAccessKey: 'operator' }
const LOCAL_REGION = 'us-east-1'

/** Client configuration from the options of a command. Throws {@link UsageError} where they contradict each other. */
export function clientConfigOf({ 'endpoint-url': endpoint, aws }: DeploymentValues): ClientConfig {
  if (aws && endpoint !== undefined) throw new UsageError('--aws and --endpoint-url exclude each other')
  return aws ? {} : localClientConfig(endpoint ?? `http://127.0.0.1:${LOCAL_PORT}`)
}

export function localClientConfig(endpoint: string): ClientConfig {
  if (!URL.canParse(endpoint))
    throw new UsageError(
      `--endpoint-url is a URL like http://127.0.0.1:${LOCAL_PORT}: got ${JSON.stringify(endpoint)}`,
    )
  return {
    endpoint: endpoint.replace(/\/$/, ''),
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 3,
  }
}

/** Outputs of the stack that a command needs by name. */
export type OutputName =
  | 'BusName'
  | 'IntakeQueueUrl'
  | 'IntakeDlqUrl'
  | 'UndeliveredDlqUrl'
  | 'TickFunctionName'
  | 'ReplayFunctionName'
  | 'TableName'
  | 'ApiUrl'

export type Outputs = (name: OutputName) => string

/** Reads the outputs of the deployment's stack. Throws `NoAnswer`, `StackNotFound` and, when asked for one it lacks, `OutputMissing`. */
export async function readOutputs(values: DeploymentValues): Promise<Outputs> {
  if (values.aws && values.stack === undefined)
    throw new UsageError('--aws needs the name of the stack: --stack NAME')
  const client = new CloudFormationClient(clientConfigOf(values))
  const { Stacks: [stack] = [] } = await client
    .send(new DescribeStacksCommand(values.stack === undefined ? {} : { StackName: values.stack }))
    .catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
  if (!stack)
    throw new ExchequerError(
      'StackNotFound',
      `there is no stack${values.stack ? ` called ${JSON.stringify(values.stack)}` : ''} at ${whereOf(values)}`,
    )
  const found = new Map((stack.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
  return outputsFrom(found, stack.StackName ?? 'the stack')
}

export function outputsFrom(
  found: ReadonlyMap<string | undefined, string | undefined>,
  stack: string,
): Outputs {
  return (name) => {
    const value = found.get(name)
    if (value !== undefined) return value
    throw new ExchequerError(
      'OutputMissing',
      `${stack} has no output ${name}: it has ${[...found.keys()].join(', ') || 'none'}`,
    )
  }
}

function whereOf({ 'endpoint-url': endpoint, aws }: DeploymentValues): string {
  return aws ? 'AWS' : (endpoint ?? `http://127.0.0.1:${LOCAL_PORT}`)
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ECONNRESET'])

/** A connection that was refused is told as what it means: nothing runs there. */
export function explainUnreachable(
  cause: unknown,
  values: Pick<DeploymentValues, 'endpoint-url' | 'aws'>,
): unknown {
  const code = codeOf(cause)
  if (code === undefined || !UNREACHABLE.has(code)) return cause
  const where = whereOf({ ...values, stack: undefined })
  return new ExchequerError(
    'NoAnswer',
    `nothing answers at ${where} (${code}): start the local host with "npm start", or give --endpoint-url`,
    { cause },
  )
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const { code } = error as { code?: unknown }
  if (typeof code === 'string' && UNREACHABLE.has(code)) return code
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause
  return codeOf(inner)
}
