import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { ExchequerError } from '../domain/errors.ts'
import { PUBLISHED_SOURCE, type PublishedName } from '../events/published.ts'
import { REQUEST_LIMITS } from './limits.ts'

/** Where the network says what it has done. At least once: who listens must bear a repetition. */
export interface Bus {
  /** `detail` is plain JSON: amounts are decimal strings. Throws `NotPublished`. */
  put(detailType: PublishedName, detail: object): Promise<void>
}

/** The bus of this deployment. An entry that EventBridge refuses is an error, not an answer to overlook. */
export function connectBus(options: { busName: string }): Bus {
  const client = new EventBridgeClient({ requestHandler: REQUEST_LIMITS })
  return {
    async put(detailType, detail) {
      const entry = {
        EventBusName: options.busName,
        Source: PUBLISHED_SOURCE,
        DetailType: detailType,
        Detail: JSON.stringify({ metadata: { version: 1 }, data: detail }),
      }
      const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }))
      if (FailedEntryCount) {
        const { ErrorCode, ErrorMessage } = Entries?.[0] ?? {}
        throw new ExchequerError(
          'NotPublished',
          `${detailType} was refused by the bus: ${ErrorCode} ${ErrorMessage}`,
        )
      }
    },
  }
}
