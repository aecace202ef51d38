import middy from '@middy/core'
import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyEventV2WithJWTAuthorizer,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda'
import { callerOf, requireScope, requireToken } from '../../../shared/api/authority.ts'
import { connectReader, type Reader } from '../../../shared/api/network.ts'
import type { Operation } from '../../../shared/api/operation.ts'
import { type Input, type Output, operations, type RouteKey } from '../../../shared/api/operations.ts'
import { type Request, readRequest, requestOf } from '../../../shared/api/request.ts'
import { connectStore } from '../../../shared/store/table.ts'
import { once, setting } from '../../middleware/wiring.ts'
import { answer } from './answer.ts'
import { problems, unknownRoute } from './problems.ts'

/** The use case behind each route of a function: what it works with, what is asked, and who asks. */
export type UseCases<Key extends RouteKey, Deps> = {
  [K in Key]: (deps: Deps, input: Input<K>, request: Request) => Promise<Output<K>> | Output<K>
}

const readBooks = (): Reader =>
  connectReader(connectStore({ tableName: setting('TABLE_NAME') }).reads, Date.now)

/** Makes the handler of a function that reads: by route, check the scope, read the request, call one use case, write the answer. */
export function serve<Key extends RouteKey>(useCases: UseCases<Key, Reader>) {
  return serveWith(readBooks, useCases)
}

/** As {@link serve}, for use cases that work with what `connect` makes at the first call. */
export function serveWith<Key extends RouteKey, Deps>(connect: () => Deps, useCases: UseCases<Key, Deps>) {
  const deps = once(connect)
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
    .use(problems())
    .handler(async (event) => {
      const key = event.routeKey as Key
      const useCase = Object.hasOwn(useCases, key) ? useCases[key] : undefined
      if (!useCase) throw unknownRoute(event)
      const { scope, token, caching }: Operation = operations[key]
      const caller = callerOf(claimsOf(event))
      if (scope !== undefined) requireScope(scope, caller)
      else if (token) requireToken(caller)
      const raw = {
        path: event.pathParameters,
        query: event.queryStringParameters,
        body: bodyOf(event),
        idempotencyKey: event.headers['idempotency-key'],
      }
      const input = readRequest(key, raw)
      return answer(event, await useCase(deps(), input, requestOf(key, raw, caller)), caching)
    })
}

/** The problem of a path or method that no route has. */
function bodyOf({ body, isBase64Encoded }: APIGatewayProxyEventV2): string | undefined {
  return isBase64Encoded && body !== undefined ? Buffer.from(body, 'base64').toString() : body
}

function claimsOf(event: APIGatewayProxyEventV2) {
  const { authorizer } = event.requestContext as Partial<
    APIGatewayProxyEventV2WithJWTAuthorizer['requestContext']
  >
  return authorizer?.jwt?.claims
}
