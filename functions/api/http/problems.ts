import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { problems as known, type Problem, ProblemError, toProblem } from '../../../shared/api/problems.ts'
import { logger } from '../../middleware/observe.ts'

/** Answers every error with its problem; what is our own failure is logged whole and told to nobody else. */
export function problems(): MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2> {
  return {
    name: 'problems',
    before: ({ context }) => logger.addContext(context),
    onError: (request) => {
      const { event, context, error } = request
      const problem = toProblem(error, encodeURI(event.rawPath.toWellFormed()), context.awsRequestId)
      if (problem.status >= 500) logger.error(problem.title, { error: error as Error, route: event.routeKey })
      request.response = {
        statusCode: problem.status,
        headers: {
          'content-type': 'application/problem+json',
          'cache-control': 'no-store',
          ...retryLater(problem),
        },
        body: JSON.stringify(problem),
      }
    },
  }
}

export function unknownRoute({ rawPath, requestContext }: APIGatewayProxyEventV2): ProblemError {
  return new ProblemError(
    'UnknownRoute',
    `the routes are listed at /openapi.json: got ${requestContext.http.method} ${rawPath}`,
  )
}

function retryLater({ type, status }: Problem): Record<string, string> {
  if (type === known.InFlight.type) return { 'retry-after': '1' }
  return status === 503 ? { 'retry-after': '60' } : {}
}
