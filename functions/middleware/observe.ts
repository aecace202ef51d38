import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import type { MiddlewareObj } from '@middy/core'

/** Structured log of this function. Name and level come from the template (POWERTOOLS_SERVICE_NAME, POWERTOOLS_LOG_LEVEL). */
export const logger = new Logger()

/** Counts of this function, written to its log in CloudWatch's embedded format. */
export const metrics = new Metrics()

/**
 * First middleware of every function: gives log lines the request's id, writes down what failed, and sends the
 * counts of the invocation, also when it fails: a rejected event is counted even if the batch then breaks.
 */
export function observe(): MiddlewareObj {
  return {
    before: ({ event, context }) => {
      logger.addContext(context)
      logger.logEventIfEnabled(event)
    },
    after: sendCounts,
    onError: ({ error }) => {
      logger.error(error?.message ?? 'failed without an error', { error })
      sendCounts()
    },
  }
}

function sendCounts(): void {
  if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics()
}
