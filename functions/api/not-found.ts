import middy from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { problems, unknownRoute } from './http/problems.ts'

/** The gateway's `$default` route: whatever no other route takes. */
export const handler = middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>()
  .use(problems())
  .handler(async (event) => {
    throw unknownRoute(event)
  })
