import findMyWay, { type HTTPMethod } from 'find-my-way'
import { type Access, functionArn } from '../iam/access.ts'
import { type LambdaFunction, MAX_EVENT_BYTES } from '../lambda/functions.ts'
import type { Pool } from '../lambda/pool.ts'
import { ServiceError } from '../service-error.ts'
import type { Resource, Stack } from '../stack/stack.ts'
import {
  type Fields,
  numberOf,
  optionalText,
  recordOf,
  StartupError,
  textOf,
  textsOf,
} from '../stack/values.ts'
import { type Authorizer, readAuthorizer } from './authorizer.ts'
import { readCors } from './cors.ts'
import type { Issuer } from './issuer.ts'
import { type HttpAnswer, type HttpRequest, message, requestEvent, responseOf } from './payload.ts'

/** The template's HTTP API. */
export type HttpApi = {
  readonly handle: (request: HttpRequest) => Promise<HttpAnswer>
  /** Audiences its authorizers take. */
  readonly audiences: readonly string[]
}

type Route = {
  readonly routeKey: string
  readonly method: string
  readonly path: string
  readonly fn: LambdaFunction
  readonly timeoutMs: number
  readonly authorizer: Authorizer | undefined
  readonly scopes: readonly string[]
}

type ApiContext = {
  readonly stack: Stack
  readonly functions: readonly LambdaFunction[]
  readonly access: Access
  readonly pool: Pool
  readonly issuer: Issuer
}

const METHODS: readonly HTTPMethod[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']
/** API Gateway's longest wait for an integration, ms, and largest body, bytes. */
const MAX_TIMEOUT_MS = 30_000
const MAX_BODY_BYTES = 10 * 1024 * 1024
const GATEWAY = 'apigateway.amazonaws.com'

/**
 * Reads the API, its routes, integrations and authorizers.
 * @throws StartupError on what does not run here, and where no permission lets the API invoke a function.
 */
export function createHttpApi(context: ApiContext): HttpApi {
  const [api, ...more] = context.stack.resources('AWS::ApiGatewayV2::Api')
  if (more.length > 0) throw new StartupError('The local host serves one HTTP API, the template has more')
  if (api === undefined) return { audiences: [], handle: async () => message(404, 'Not Found') }
  if (api.properties.ProtocolType !== 'HTTP')
    throw new StartupError(`${api.logicalId}: only HTTP APIs run here`)
  requireDefaultStage(context.stack)

  const authorizers = new Map(
    context.stack
      .resources('AWS::ApiGatewayV2::Authorizer')
      .map((resource) => [resource.name, readAuthorizer(resource, context.issuer)] as const),
  )
  const integrations = new Map(
    context.stack
      .resources('AWS::ApiGatewayV2::Integration')
      .map((resource) => [resource.name, resource] as const),
  )
  const routes = context.stack
    .resources('AWS::ApiGatewayV2::Route')
    .map((resource) => readRoute(resource, api, integrations, authorizers, context))
  const find = routeFinder(routes)
  const cors =
    api.properties.CorsConfiguration === undefined
      ? undefined
      : readCors(recordOf(api.properties.CorsConfiguration))

  return {
    audiences: [...authorizers.values()].flatMap(({ audiences }) => audiences),
    handle: async (request) => {
      const preflight = cors?.preflight(request.method, request.headers)
      if (preflight !== undefined) return { status: 204, headers: preflight, body: '' }
      const answer = await answerOf(request, find, api, context)
      return cors === undefined
        ? answer
        : { ...answer, headers: { ...answer.headers, ...cors.headers(request.headers.origin) } }
    },
  }
}

async function answerOf(
  request: HttpRequest,
  find: Finder,
  api: Resource,
  context: ApiContext,
): Promise<HttpAnswer> {
  if (request.body.byteLength > MAX_BODY_BYTES) return message(413, 'Request Entity Too Large')
  const found = find(request.method, request.target.split('?', 1)[0] ?? '/')
  if (found === undefined) return message(404, 'Not Found')
  const { route, pathParameters } = found
  const verdict = await route.authorizer?.check(request.headers.authorization, route.scopes)
  if (verdict?.allowed === false) {
    const refusal = message(verdict.status, verdict.status === 401 ? 'Unauthorized' : 'Forbidden')
    return verdict.status === 401
      ? { ...refusal, headers: { ...refusal.headers, 'www-authenticate': 'Bearer' } }
      : refusal
  }
  const match = { routeKey: route.routeKey, pathParameters, jwt: verdict }
  const event = requestEvent(request, match, context.stack.place.account, api.name)
  if (Buffer.byteLength(event) > MAX_EVENT_BYTES) return message(413, 'Request Entity Too Large')
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, route.timeoutMs, undefined)
  })
  try {
    const invoked = context.pool.invoke(route.fn, event, { priority: 'urgent', whenReserved: 'throttle' })
    const outcome = await Promise.race([invoked, late])
    if (outcome === undefined) return message(503, 'Service Unavailable')
    return outcome.error === undefined ? responseOf(outcome.payload) : message(500, 'Internal Server Error')
  } catch (error) {
    if (error instanceof ServiceError) return message(503, 'Service Unavailable')
    throw error
  } finally {
    clearTimeout(timer)
  }
}

function requireDefaultStage(stack: Stack): void {
  const stages = stack.resources('AWS::ApiGatewayV2::Stage').map(({ properties }) => properties.StageName)
  if (stages.length !== 1 || stages[0] !== '$default') {
    throw new StartupError(
      `The local host serves the stage $default, the template has ${stages.join(', ') || 'none'}`,
    )
  }
}

function readRoute(
  resource: Resource,
  api: Resource,
  integrations: ReadonlyMap<string, Resource>,
  authorizers: ReadonlyMap<string, Authorizer>,
  context: ApiContext,
): Route {
  const { logicalId, properties } = resource
  const routeKey = textOf(properties, 'RouteKey', logicalId)
  const [method = '', path = ''] = routeKey === '$default' ? ['ANY', '$default'] : routeKey.split(' ')
  const integration = integrations.get(textOf(properties, 'Target', logicalId).split('/').at(-1) ?? '')
  if (integration === undefined)
    throw new StartupError(`${logicalId}: its integration is not in the template`)
  const fn = readIntegration(integration, context)
  requirePermission(fn, api, method, path, routeKey, context)
  return {
    routeKey,
    method,
    path,
    fn,
    timeoutMs: Math.min(numberOf(integration.properties, 'TimeoutInMillis', MAX_TIMEOUT_MS), MAX_TIMEOUT_MS),
    authorizer: routeAuthorizer(properties, logicalId, authorizers),
    scopes: textsOf(properties.AuthorizationScopes),
  }
}

function readIntegration({ logicalId, properties }: Resource, context: ApiContext): LambdaFunction {
  const { IntegrationType: type, PayloadFormatVersion: version } = properties
  if (type !== 'AWS_PROXY' || version !== '2.0') {
    throw new StartupError(`${logicalId}: only AWS_PROXY with payload 2.0 runs here, not ${type} ${version}`)
  }
  const uri = textOf(properties, 'IntegrationUri', logicalId)
  const arn = /\/functions\/(.+)\/invocations$/.exec(uri)?.[1] ?? uri
  const fn = context.functions.find((item) => item.arn === functionArn(arn, context.stack))
  if (fn === undefined) throw new StartupError(`${logicalId}: ${uri} is not a function of the template`)
  return fn
}

function routeAuthorizer(
  properties: Fields,
  logicalId: string,
  authorizers: ReadonlyMap<string, Authorizer>,
): Authorizer | undefined {
  const type = optionalText(properties, 'AuthorizationType') ?? 'NONE'
  if (type === 'NONE') return undefined
  const authorizer = authorizers.get(optionalText(properties, 'AuthorizerId') ?? '')
  if (type !== 'JWT' || authorizer === undefined) {
    throw new StartupError(`${logicalId}: authorization ${type} does not run here`)
  }
  return authorizer
}

function requirePermission(
  fn: LambdaFunction,
  api: Resource,
  method: string,
  path: string,
  routeKey: string,
  { stack, access }: ApiContext,
): void {
  const { partition, region, account } = stack.place
  const suffix = path === '$default' ? '$default' : `${method === 'ANY' ? 'GET' : method}${path}`
  const sourceArn = `arn:${partition}:execute-api:${region}:${account}:${api.name}/$default/${suffix}`
  if (!access.invokePermitted(fn.arn, GATEWAY, sourceArn)) {
    throw new StartupError(`Route ${routeKey}: no permission of ${fn.name} covers the caller ${sourceArn}`)
  }
}

type Found = { readonly route: Route; readonly pathParameters: Readonly<Record<string, string>> }
type Finder = (method: string, path: string) => Found | undefined

/** The most specific route wins: fixed segments, then parameters, then a greedy one, then $default. */
function routeFinder(routes: readonly Route[]): Finder {
  const router = findMyWay({ maxParamLength: 4096 })
  const fallback = routes.find(({ path }) => path === '$default')
  for (const route of routes) {
    if (route === fallback) continue
    const methods = METHODS.filter((method) => {
      if (route.method !== 'ANY') return route.method === method
      return !routes.some((other) => other.path === route.path && other.method === method)
    })
    const greedy = /\{(\w+)\+\}$/.exec(route.path)?.[1]
    const path = route.path
      .replaceAll(':', '::')
      .replace(/\{\w+\+\}$/, '*')
      .replaceAll(/\{([^}]+)\}/g, ':$1')
    for (const method of methods) router.on(method, path, () => {}, { route, greedy })
  }
  return (method, path) => {
    const known = METHODS.find((item) => item === method)
    const hit = known === undefined ? null : router.find(known, path)
    if (hit === null) return fallback === undefined ? undefined : { route: fallback, pathParameters: {} }
    const { route, greedy }: { route: Route; greedy: string | undefined } = hit.store
    const entries = Object.entries(hit.params).map(([name, value]) => {
      return [name === '*' && greedy !== undefined ? greedy : name, value ?? ''] as const
    })
    return { route, pathParameters: Object.fromEntries(entries) }
  }
}
