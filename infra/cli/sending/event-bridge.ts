import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import type { ClientConfig } from '../deployment.ts'
import type { PutEntries } from './put.ts'

/** PutEvents on a bus. The SDK retries a request that fails as a whole; single entries are retried by the caller. */
export function eventBridge(config: ClientConfig, busName: string): PutEntries {
  const client = new EventBridgeClient(config)
  return async (entries) => {
    const { Entries = [] } = await client.send(
      new PutEventsCommand({
        Entries: entries.map(({ source, detailType, detail }) => ({
          EventBusName: busName,
          Source: source,
          DetailType: detailType,
          Detail: detail,
        })),
      }),
    )
    return Entries.map(({ ErrorCode: code, ErrorMessage }) =>
      code ? { code, message: ErrorMessage ?? '' } : undefined,
    )
  }
}
