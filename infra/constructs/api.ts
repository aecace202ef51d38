import { Aws, CfnParameter, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Books } from './books.ts'
import type { Entry } from './bundles.ts'
import type { House } from './house.ts'
import { FULL_PROCESSOR_MB, HouseFunction, SMALL_MB } from './house-function.ts'

/**
 * Who may call a route: anybody; `books`, who are public where the stage says so and else need any token; or only who
 * brings a token. Which scope that must have stands in the contract, and the function asks for it: the gateway's own
 * refusal would be no problem document.
 */
type Access = 'public' | 'books' | 'token'

const ROUTES: { method?: HttpMethod; path: string; to: keyof Handlers; access: Access }[] = [
  { path: '/accounts/{account}/balance', to: 'accounts', access: 'books' },
  { path: '/accounts/{account}/statement', to: 'accounts', access: 'books' },
  { path: '/accounts/{account}/entries', to: 'accounts', access: 'books' },
  { path: '/accounts/{account}/receipt', to: 'accounts', access: 'books' },
  { path: '/accounts/{account}/stakes', to: 'accounts', access: 'books' },
  { method: HttpMethod.POST, path: '/accounts/{account}/transfers', to: 'transfers', access: 'token' },
  { method: HttpMethod.POST, path: '/accounts/{account}/stakes', to: 'stakes', access: 'token' },
  {
    method: HttpMethod.POST,
    path: '/accounts/{account}/stakes/{lot}/unstake',
    to: 'stakes',
    access: 'token',
  },
  { method: HttpMethod.POST, path: '/accounts/{account}/slashes', to: 'stakes', access: 'token' },
  { method: HttpMethod.POST, path: '/accounts/{account}/payouts', to: 'payouts', access: 'token' },
  { path: '/accounts/{account}/payouts', to: 'payouts', access: 'token' },
  { method: HttpMethod.PUT, path: '/accounts/{account}/payout-preference', to: 'payouts', access: 'token' },
  { path: '/accounts/{account}/payout-preference', to: 'payouts', access: 'token' },
  { path: '/payouts/{id}', to: 'payouts', access: 'token' },
  { method: HttpMethod.POST, path: '/payouts/{id}/cancel', to: 'payouts', access: 'token' },
  { method: HttpMethod.PUT, path: '/inventories/{asset}', to: 'payouts', access: 'token' },
  { method: HttpMethod.POST, path: '/inventories/{asset}/deposits', to: 'payouts', access: 'token' },
  { path: '/inventories/{asset}', to: 'payouts', access: 'books' },
  { path: '/eras', to: 'eras', access: 'books' },
  { path: '/eras/current', to: 'eras', access: 'books' },
  { path: '/eras/{n}', to: 'eras', access: 'books' },
  {
    method: HttpMethod.POST,
    path: '/eras/{n}/decision',
    to: 'decisions',
    access: 'token',
  },
  { path: '/purchases', to: 'purchases', access: 'books' },
  { path: '/purchases/{id}', to: 'purchases', access: 'books' },
  { path: '/policy', to: 'network', access: 'books' },
  { path: '/policy/versions/{n}', to: 'network', access: 'books' },
  { method: HttpMethod.PUT, path: '/policy', to: 'policy', access: 'token' },
  {
    method: HttpMethod.POST,
    path: '/policy/simulations',
    to: 'simulations',
    access: 'token',
  },
  { path: '/offers', to: 'offers', access: 'books' },
  { path: '/offers/{id}', to: 'offers', access: 'books' },
  { method: HttpMethod.PUT, path: '/offers/{id}', to: 'offers', access: 'token' },
  { method: HttpMethod.POST, path: '/quotes', to: 'bookings', access: 'token' },
  { path: '/quotes/{id}', to: 'bookings', access: 'token' },
  { method: HttpMethod.POST, path: '/quotes/{id}/accept', to: 'bookings', access: 'token' },
  { path: '/bookings', to: 'bookings', access: 'books' },
  { path: '/bookings/{id}', to: 'bookings', access: 'books' },
  { method: HttpMethod.POST, path: '/bookings/{id}/end', to: 'bookings', access: 'token' },
  { path: '/orders', to: 'orders', access: 'books' },
  { path: '/orders/{id}', to: 'orders', access: 'books' },
  { method: HttpMethod.POST, path: '/orders', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/usage', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/fulfil', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/cancel', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/dispute', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/resolve', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/refund', to: 'orders', access: 'token' },
  { method: HttpMethod.POST, path: '/orders/{id}/uses', to: 'orders', access: 'token' },
  { path: '/openapi.json', to: 'network', access: 'public' },
  { path: '/quarantine', to: 'quarantine', access: 'token' },
]

/** API Gateway waits 30 s for a function: what two eras in memory may take, less the way there and back. */
const SIMULATION_SECONDS = 29

/** One line of JSON for each request. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  path: '$context.path',
  status: '$context.status',
  responseLength: '$context.responseLength',
  latencyMs: '$context.responseLatency',
  account: '$context.authorizer.claims.account',
  authorizerError: '$context.authorizer.error',
  integrationError: '$context.integrationErrorMessage',
}

export interface ApiProps {
  house: House
  books: Books
}

/** The HTTP API: it reads the books, and stores what a network is told to do. */
export class Api extends Construct {
  readonly api: HttpApi

  constructor(scope: Construct, id: string, { house, books }: ApiProps) {
    super(scope, id)
    const handlers = makeHandlers(this, house, books)
    const tokens = this.makeAuthorizer(house)
    const nobody = new HttpNoneAuthorizer()
    this.api = new HttpApi(this, 'Http', {
      description: 'Balances, statements, eras, purchases and the policy of one network',
      createDefaultStage: false,
      // Its permission is its own: the one for all routes has no place for a route without method and path.
      defaultIntegration: new HttpLambdaIntegration('NotFound', handlers.notFound.lambda),
    })
    this.addStage(house)
    const integrations = integrate(handlers)
    for (const { method = HttpMethod.GET, path, to, access } of ROUTES) {
      const isOpen = access === 'public' || (access === 'books' && house.config.api.publicReads)
      const authorizer: IHttpRouteAuthorizer = isOpen ? nobody : tokens
      this.api.addRoutes({
        path,
        methods: [method],
        integration: integrations[to],
        authorizer,
      })
    }
    this.acknowledgeOpenRoutes()
  }

  private makeAuthorizer(house: House): HttpJwtAuthorizer {
    const { jwtIssuer, jwtAudience } = house.config.api
    const issuer = new CfnParameter(this, 'JwtIssuer', {
      description: 'Issuer of the tokens that callers bring (OpenID Connect; its keys are found below it)',
      ...(jwtIssuer === undefined ? {} : { default: jwtIssuer }),
    })
    issuer.overrideLogicalId('JwtIssuer')
    const audience = new CfnParameter(this, 'JwtAudience', {
      description: 'Audience that those tokens must be made for',
      default: jwtAudience,
    })
    audience.overrideLogicalId('JwtAudience')
    return new HttpJwtAuthorizer('Tokens', issuer.valueAsString, { jwtAudience: [audience.valueAsString] })
  }

  private addStage(house: House): void {
    const { ratePerSecond, burst } = house.config.api
    const logGroup = new LogGroup(this, 'AccessLog', {
      retention: house.config.logRetentionDays,
      removalPolicy: house.config.books.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    this.api.addStage('Stage', {
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      detailedMetricsEnabled: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
    })
  }

  private acknowledgeOpenRoutes(): void {
    Validations.of(this.api).acknowledge({
      id: 'AwsSolutions-APIG4',
      reason:
        'The books of a network are public by design (config api.publicReads): anyone may check anyone. Unknown routes answer 404, and what is not public needs a token with a scope.',
    })
  }

  /** Base address, without a slash at the end. */
  get url(): string {
    return `https://${this.api.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`
  }
}

/** One for each function, however many routes lead to it. */
function integrate(handlers: Handlers): Record<keyof Handlers, HttpLambdaIntegration> {
  const entries = Object.entries(handlers).map(([name, { lambda }]) => [
    name,
    new HttpLambdaIntegration(name, lambda, { scopePermissionToRoute: false }),
  ])
  return Object.fromEntries(entries)
}

type Handlers = ReturnType<typeof makeHandlers>

function makeHandlers(scope: Construct, house: House, books: Books) {
  const handler = (
    id: string,
    entry: Entry,
    errorImpact: string,
    size = { memoryMb: SMALL_MB, timeoutSeconds: house.config.api.timeoutSeconds },
  ) =>
    new HouseFunction(scope, id, { house, entry, errorImpact, calledBy: { waits: 'API Gateway' }, ...size })
  const handlers = {
    accounts: handler('Accounts', 'api/accounts', 'People cannot see their balance, statement or receipt.'),
    transfers: handler('Transfers', 'api/transfers', 'Nobody can pay another account.'),
    stakes: handler(
      'Stakes',
      'api/stakes',
      'Nobody can stake, take a stake back, or slash one: what weighs stays as it is.',
    ),
    payouts: handler('Payouts', 'api/payouts', 'Nobody can ask for a payout, or take one back.'),
    eras: handler('Eras', 'api/eras', 'People cannot see what an era earned and how it was shared.'),
    purchases: handler(
      'Purchases',
      'api/purchases',
      'People cannot see what the network bought, and for how much.',
    ),
    network: handler('Network', 'api/network', 'People cannot see the rules that their money is shared by.'),
    decisions: handler(
      'Decisions',
      'api/decisions',
      'Held eras cannot be paid or returned: their payees go on waiting.',
    ),
    policy: handler(
      'Policy',
      'api/policy',
      'The next policy cannot be stored: if its era starts meanwhile, it comes an era late.',
    ),
    simulations: handler(
      'Simulations',
      'api/simulations',
      'Nobody can see who gains and who loses by a policy before it is stored.',
      { memoryMb: FULL_PROCESSOR_MB, timeoutSeconds: SIMULATION_SECONDS },
    ),
    offers: handler(
      'Offers',
      'api/offers',
      'Providers cannot offer, change or withdraw capacity, and nobody sees what is on offer.',
    ),
    bookings: handler(
      'Bookings',
      'api/bookings',
      'Nobody can ask for a price, book or end a booking: quotes that wait expire.',
    ),
    orders: handler(
      'Orders',
      'api/orders',
      'Nobody can order, deliver, dispute or refund: orders that wait expire, and their sellers are not paid.',
    ),
    quarantine: handler(
      'Quarantine',
      'api/quarantine',
      'Operators cannot see which events were refused, and why.',
    ),
    notFound: handler('NotFound', 'api/not-found', 'Callers of a wrong address are not told so.'),
  }
  books.allow(handlers.accounts, 'GetItem', 'BatchGetItem', 'Query')
  books.allow(handlers.transfers, 'GetItem', 'PutItem', 'ConditionCheckItem')
  books.allow(handlers.stakes, 'GetItem', 'PutItem', 'ConditionCheckItem')
  books.allow(handlers.payouts, 'GetItem', 'PutItem', 'ConditionCheckItem')
  books.allowLists(handlers.payouts, 'byOwner', 'byPlace')
  books.allow(handlers.eras, 'GetItem', 'BatchGetItem', 'Query')
  books.allow(handlers.purchases, 'GetItem')
  books.allowLists(handlers.purchases, 'byOwner')
  books.allow(handlers.network, 'GetItem')
  books.allow(handlers.policy, 'GetItem', 'PutItem', 'UpdateItem')
  books.allow(handlers.decisions, 'GetItem', 'BatchGetItem', 'PutItem', 'ConditionCheckItem')
  books.allow(handlers.simulations, 'GetItem', 'BatchGetItem', 'Query')
  books.allow(handlers.offers, 'GetItem', 'BatchGetItem', 'PutItem', 'ConditionCheckItem')
  books.allowLists(handlers.offers, 'byOwner', 'byPlace')
  books.allow(handlers.bookings, 'GetItem', 'BatchGetItem', 'PutItem', 'ConditionCheckItem')
  books.allowLists(handlers.bookings, 'byOwner', 'byPlace')
  books.allow(handlers.orders, 'GetItem', 'PutItem', 'ConditionCheckItem')
  books.allowLists(handlers.orders, 'byOwner', 'byPlace')
  books.allow(handlers.quarantine, 'BatchGetItem', 'Query')
  return handlers
}
