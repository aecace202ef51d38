import type { IncomingMessage, ServerResponse } from 'node:http'
import type { DynamoProxy } from '../engine/proxy.ts'
import { putEvents } from '../events/api.ts'
import type { Buses } from '../events/bus.ts'
import type { Access, Caller } from '../iam/access.ts'
import { type InvokeApi, isInvokePath } from '../lambda/api.ts'
import type { QueueApi } from '../queues/api.ts'
import { ServiceError } from '../service-error.ts'
import type { Stack } from '../stack/stack.ts'
import { type Fields, isRecord, numberOf, optionalText } from '../stack/values.ts'
import type { StatesApi } from '../states/api.ts'
import { describeStacks, queryError } from './cloudformation.ts'
import type { HttpApi } from './http-api.ts'
import { DEFAULT_TOKEN_S, type Issuer } from './issuer.ts'
import type { RequestHandler } from './server.ts'

export type Services = {
  readonly stack: Stack
  readonly access: Access
  readonly dynamo: DynamoProxy
  readonly buses: Buses
  readonly queues: QueueApi
  readonly states: StatesApi
  readonly invoke: InvokeApi
  readonly http: HttpApi
  readonly issuer: Issuer
  /** The function that signs with this access key; undefined for any other key. */
  readonly callerOf: (accessKeyId: string) => Caller
  readonly onDenied: (functionName: string, message: string) => void
}

const JSON_TYPE = 'application/x-amz-json-1.0'
const ISSUER_PATH = '/issuer'
/** Error codes that SQS clients still know by a name of the old query protocol. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
}

/** Tells the services apart by what SDKs send: X-Amz-Target, the Invoke path, the signing scope; the rest is the HTTP API. */
export function createDispatch(services: Services): RequestHandler {
  return async (request, body, response) => {
    const path = request.url ?? '/'
    const target = header(request, 'x-amz-target')
    if (target !== undefined) {
      await answerTarget(target, request, body, response, services)
    } else if (isInvokePath(path)) {
      await answerInvoke(path, request, body, response, services)
    } else if (path === ISSUER_PATH || path.startsWith(`${ISSUER_PATH}/`)) {
      await answerIssuer(path, request, body, response, services)
    } else if (header(request, 'smithy-protocol') !== undefined) {
      json(response, 400, {
        __type: 'UnknownOperationException',
        message: 'The local host speaks the JSON protocols of AWS, not RPC v2',
      })
    } else if (scopeOf(request)?.service === 'cloudformation') {
      answerQuery(body, response, services)
    } else {
      const answer = await services.http.handle({
        method: request.method ?? 'GET',
        target: path,
        headers: request.headers,
        body,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
      })
      response.writeHead(answer.status, answer.headers)
      response.end(answer.body)
    }
  }
}

async function answerTarget(
  target: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  services: Services,
): Promise<void> {
  const dot = target.indexOf('.')
  const service = target.slice(0, dot)
  const operation = target.slice(dot + 1)
  let caller: Caller
  try {
    caller = signerOf(request, services)
    if (service.startsWith('DynamoDB_')) {
      services.dynamo.handle(operation, body, caller, response)
      return
    }
    json(response, 200, await callService(service, operation, parse(body), caller, services))
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    denied(error, caller, services)
    const queryCode = QUERY_CODES[error.code]
    if (queryCode !== undefined) response.setHeader('x-amzn-query-error', `${queryCode};Sender`)
    json(response, error.status, { __type: error.code, message: error.message })
  }
}

async function callService(
  service: string,
  operation: string,
  input: Fields,
  caller: Caller,
  services: Services,
): Promise<Fields> {
  switch (service) {
    case 'AWSEvents':
      if (operation === 'PutEvents') return putEvents(input, caller, services.buses, services.access)
      break
    case 'AmazonSQS':
      return services.queues(operation, input, caller)
    case 'AWSStepFunctions':
      return services.states(operation, input, caller)
  }
  throw new ServiceError(
    'UnknownOperationException',
    `The local host does not answer ${service}.${operation}`,
  )
}

async function answerInvoke(
  path: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  services: Services,
): Promise<void> {
  let caller: Caller
  try {
    caller = signerOf(request, services)
    const invocationType = header(request, 'x-amz-invocation-type') ?? 'RequestResponse'
    await services.invoke({ path: path.split('?', 1)[0] ?? path, invocationType, body, caller }, response)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    denied(error, caller, services)
    response.setHeader('x-amzn-errortype', error.code)
    json(response, error.status, { Type: 'User', Message: error.message, message: error.message })
  }
}

async function answerIssuer(
  path: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  { issuer }: Services,
): Promise<void> {
  switch (`${request.method} ${path.slice(ISSUER_PATH.length)}`) {
    case 'GET /.well-known/openid-configuration':
      json(response, 200, issuer.discovery, 'application/json')
      return
    case 'GET /.well-known/jwks.json':
      json(response, 200, issuer.keySet, 'application/json')
      return
    case 'POST /token': {
      // A page of another origin cannot send this type without asking first, and nobody answers it.
      if (!header(request, 'content-type')?.startsWith('application/json')) {
        json(
          response,
          415,
          { message: 'Send application/json: {account?, scope?, expiresIn?}' },
          'application/json',
        )
        return
      }
      const asked = body.byteLength === 0 ? {} : parse(body)
      const account = optionalText(asked, 'account')
      const scope = optionalText(asked, 'scope')
      const expiresInS = numberOf(asked, 'expiresIn', DEFAULT_TOKEN_S)
      const claims = {
        sub: account ?? 'developer',
        ...(account === undefined ? {} : { account }),
        ...(scope === undefined ? {} : { scope }),
      }
      const token = await issuer.sign(claims, expiresInS)
      json(
        response,
        200,
        { access_token: token, token_type: 'Bearer', expires_in: expiresInS },
        'application/json',
      )
      return
    }
    default:
      json(response, 404, { message: 'Not Found' }, 'application/json')
  }
}

function answerQuery(body: Buffer, response: ServerResponse, services: Services): void {
  try {
    response.writeHead(200, { 'content-type': 'text/xml' })
    response.end(describeStacks(body.toString('utf8'), services.stack))
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    response.writeHead(error.status, { 'content-type': 'text/xml' })
    response.end(queryError(error.code, error.message))
  }
}

/** @throws ServiceError MissingAuthenticationToken for a call that is not signed at all. */
function signerOf(request: IncomingMessage, services: Services): Caller {
  const scope = scopeOf(request)
  if (scope === undefined) {
    throw new ServiceError('MissingAuthenticationToken', 'Sign the call; any access key will do', 403)
  }
  return services.callerOf(scope.accessKeyId)
}

/** Who signed, for which service; the signature itself is not checked. */
function scopeOf(request: IncomingMessage): { accessKeyId: string; service: string | undefined } | undefined {
  const authorization = header(request, 'authorization')
  if (authorization === undefined || !authorization.startsWith('AWS4-')) return undefined
  const start = authorization.indexOf('Credential=')
  const end = authorization.indexOf(',', start)
  if (start < 0) return undefined
  const parts = authorization.slice(start + 'Credential='.length, end < 0 ? undefined : end).split('/')
  return { accessKeyId: parts[0] ?? '', service: parts.at(-2) }
}

function denied(error: ServiceError, caller: Caller, services: Services): void {
  if (error.code === 'AccessDeniedException' && caller !== undefined) {
    services.onDenied(caller.functionName, error.message)
  }
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** @throws ServiceError SerializationException */
function parse(body: Buffer): Fields {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    if (isRecord(parsed)) return parsed
  } catch {
    // Answered below.
  }
  throw new ServiceError('SerializationException', 'The body is not a JSON object')
}

function json(response: ServerResponse, status: number, value: unknown, type = JSON_TYPE): void {
  const text = JSON.stringify(value)
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
