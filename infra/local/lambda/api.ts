import type { ServerResponse } from 'node:http'
import { type Access, type Caller, functionArn } from '../iam/access.ts'
import { ServiceError } from '../service-error.ts'
import type { Stack } from '../stack/stack.ts'
import { type LambdaFunction, MAX_EVENT_BYTES } from './functions.ts'
import type { Later } from './later.ts'
import type { Pool } from './pool.ts'

/** Answers Lambda's Invoke, the only REST call of Lambda the host knows. */
export type InvokeApi = (call: InvokeCall, response: ServerResponse) => Promise<void>

export type InvokeCall = {
  readonly path: string
  readonly invocationType: string
  readonly body: Buffer
  readonly caller: Caller
}

const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

export function isInvokePath(path: string): boolean {
  return path.startsWith('/2015-03-31/functions/')
}

/** @throws ServiceError ResourceNotFoundException, InvalidRequestContentException, TooManyRequestsException. */
export function createInvokeApi(
  stack: Stack,
  functions: readonly LambdaFunction[],
  access: Access,
  pool: Pool,
  later: Later,
): InvokeApi {
  return async ({ path, invocationType, body, caller }, response) => {
    const named = INVOKE_PATH.exec(path)?.[1]
    if (named === undefined) {
      throw new ServiceError('UnknownOperationException', `The local host does not answer ${path}`, 404)
    }
    const arn = functionArn(decodeURIComponent(named), stack)
    access.authorize(caller, 'lambda:InvokeFunction', arn)
    const fn = functions.find((item) => item.arn === arn)
    if (fn === undefined)
      throw new ServiceError('ResourceNotFoundException', `Function not found: ${arn}`, 404)
    const event = body.byteLength === 0 ? '{}' : body.toString('utf8')
    if (body.byteLength > MAX_EVENT_BYTES) {
      const message = `Request must be smaller than ${MAX_EVENT_BYTES} bytes for the InvokeFunction operation`
      throw new ServiceError('RequestTooLargeException', message, 413)
    }
    requireJson(event)
    switch (invocationType) {
      case 'DryRun':
        response.writeHead(204).end()
        return
      case 'Event':
        later.invoke(fn, event)
        response.writeHead(202).end()
        return
      default: {
        const priority = caller === undefined ? 'urgent' : 'nested'
        const outcome = await pool.invoke(fn, event, { priority, whenReserved: 'throttle' })
        response.writeHead(200, {
          'content-type': 'application/json',
          'x-amz-executed-version': '$LATEST',
          ...(outcome.error === undefined ? {} : { 'x-amz-function-error': 'Unhandled' }),
        })
        response.end(outcome.payload)
      }
    }
  }
}

function requireJson(event: string): void {
  try {
    JSON.parse(event)
  } catch (error) {
    throw new ServiceError(
      'InvalidRequestContentException',
      `Could not parse request body into json: ${String(error)}`,
    )
  }
}
