import type { Sample } from '../../sample/sample.ts'
import { localClientConfig } from '../deployment.ts'
import { eventBridge } from '../sending/event-bridge.ts'
import type { OutgoingEvent } from '../sending/outgoing.ts'
import { packRequests } from '../sending/pack.ts'
import { type Sent, sendRequests } from '../sending/put.ts'

/** Where the sample says its events come from. */
const SAMPLE_SOURCE = 'exchequer.sample'

/** One event in so many is sent by itself, in the contract's single form: real producers do both. */
const ALONE_EVERY = 1_000

/** The sample's events as they go to the bus. */
export function* sampleOutgoing({ events }: Sample): Generator<OutgoingEvent> {
  for (const [index, { name, data }] of events.entries()) {
    const event = { name, source: SAMPLE_SOURCE, json: JSON.stringify(data) }
    yield index % ALONE_EVERY === 0 ? { ...event, alone: true } : event
  }
}

/** Sends the sample to a bus of the local host, as any producer would. */
export function sendSample(
  sample: Sample,
  url: string,
  busName: string,
  onProgress: (sent: Sent) => void,
): Promise<Sent> {
  return sendRequests(packRequests(sampleOutgoing(sample)), eventBridge(localClientConfig(url), busName), {
    onProgress,
  })
}
