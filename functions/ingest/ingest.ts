import { MetricUnit } from '@aws-lambda-powertools/metrics'
import middy from '@middy/core'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import { monotonicFactory } from 'ulid'
import { parseSources } from '../../shared/ingest/envelope.ts'
import { ingest } from '../../shared/ingest/ingest.ts'
import { connectStore } from '../../shared/store/table.ts'
import { logger, metrics, observe } from '../middleware/observe.ts'
import { once, setting } from '../middleware/wiring.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  sources: parseSources(setting('EVENT_SOURCES')),
  now: Date.now,
  newId: monotonicFactory(),
  warn: (message: string, error: Error) => logger.warn(message, { error }),
}))

/** Books what the queue brings; messages that must come again are the batch's failures. */
export const handler = middy<SQSEvent, SQSBatchResponse>()
  .use(observe())
  .handler(async ({ Records }) => {
    const messages = Records.map(({ messageId, body }) => ({ id: messageId, body }))
    const { failed, counted, late, quarantined } = await ingest(wiring(), messages)
    metrics.addMetric('EventsCounted', MetricUnit.Count, counted)
    metrics.addMetric('EventsLate', MetricUnit.Count, late)
    metrics.addMetric('EventsQuarantined', MetricUnit.Count, quarantined)
    metrics.addMetric('MessagesFailed', MetricUnit.Count, failed.length)
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  })
