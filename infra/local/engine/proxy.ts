import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Access, Caller } from '../iam/access.ts'
import type { Place } from '../stack/types.ts'
import { arnOf } from '../stack/types.ts'
import { type Engine, engineHeaders } from './engine.ts'
import { grantsOf } from './grants.ts'

/** Passes DynamoDB calls on to the engine, after checking them. */
export type DynamoProxy = {
  /** @throws ServiceError AccessDeniedException; answers the response itself otherwise. */
  readonly handle: (operation: string, body: Buffer, caller: Caller, response: ServerResponse) => void
  readonly close: () => void
}

const MAX_SOCKETS = 128

/** Bodies pass as they came: the check reads only the names it needs. */
export function createProxy(engine: Engine, access: Access, place: Place): DynamoProxy {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' })
  const { hostname, port } = engine.url

  const send = (operation: string, body: Buffer, response: ServerResponse, mayRetry: boolean) => {
    const headers = { ...engineHeaders(operation), 'content-length': String(body.byteLength) }
    const upstream = request({ agent, hostname, port, method: 'POST', path: '/', headers })
    upstream.once('response', (answer) => relay(operation, answer, response, place))
    upstream.on('error', (error) => {
      // An idle connection that the engine has just closed: the call never reached it.
      if (mayRetry && upstream.reusedSocket && !response.headersSent) {
        send(operation, body, response, false)
        return
      }
      if (response.headersSent) response.destroy()
      else failure(response, `The database engine does not answer: ${error.message}`)
    })
    upstream.end(body)
  }

  return {
    handle: (operation, body, caller, response) => {
      if (caller !== undefined) {
        for (const { action, table, index } of grantsOf(operation, body)) {
          const tableArn = tableArnOf(table, place)
          access.authorize(
            caller,
            `dynamodb:${action}`,
            index === undefined ? tableArn : `${tableArn}/index/${index}`,
          )
        }
      }
      send(operation, body, response, true)
    },
    close: () => agent.destroy(),
  }
}

function tableArnOf(table: string, place: Place): string {
  return table.startsWith('arn:') ? table : (arnOf('AWS::DynamoDB::Table', table, place) ?? table)
}

function relay(operation: string, answer: IncomingMessage, response: ServerResponse, place: Place): void {
  const headers: Record<string, string> = { 'content-type': 'application/x-amz-json-1.0' }
  answer.on('error', () => response.destroy())
  const requestId = answer.headers['x-amzn-requestid']
  if (typeof requestId === 'string') headers['x-amzn-requestid'] = requestId
  if (operation !== 'DescribeTable' && operation !== 'CreateTable') {
    for (const name of ['content-length', 'x-amz-crc32'] as const) {
      const value = answer.headers[name]
      if (typeof value === 'string') headers[name] = value
    }
    response.writeHead(answer.statusCode ?? 500, headers)
    answer.pipe(response)
    return
  }
  // The engine has its own idea of region and account; readers of an ARN get the stack's.
  const chunks: Buffer[] = []
  answer.on('data', (chunk: Buffer) => chunks.push(chunk))
  answer.on('end', () => {
    const text = Buffer.concat(chunks).toString('utf8')
    const local = text.replaceAll(
      /arn:aws:dynamodb:[^:"]*:[^:"]*:table/g,
      `arn:${place.partition}:dynamodb:${place.region}:${place.account}:table`,
    )
    response.writeHead(answer.statusCode ?? 500, headers)
    response.end(local)
  })
}

function failure(response: ServerResponse, message: string): void {
  response.writeHead(500, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify({ __type: 'InternalServerError', message }))
}
