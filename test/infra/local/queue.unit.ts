import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createQueue, type Message, type QueueSettings } from '../../../infra/local/queues/queue.ts'

const settings: QueueSettings = {
  name: 'q',
  arn: 'arn:q',
  url: 'http://q',
  visibilityMs: 30_000,
  delayMs: 0,
  receiveWaitMs: 0,
  redrive: { deadLetterArn: 'arn:dlq', maxReceiveCount: 2 },
}
const bodies = (messages: readonly { message: Message }[]) =>
  messages.map(({ message }) => JSON.parse(message.bodyJson))

describe('queue', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('hides what was received until its visibility ends, and gives it again with a higher count', () => {
    const queue = createQueue(settings, () => {})
    queue.send('a')
    expect(bodies(queue.receive(10))).toEqual(['a'])
    expect(queue.receive(10)).toEqual([])
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
    vi.advanceTimersByTime(29_999)
    expect(queue.receive(10)).toEqual([])
    vi.advanceTimersByTime(1)
    expect(queue.receive(10)[0]?.message.receiveCount).toBe(2)
  })

  it('moves a message to the dead-letter queue after maxReceiveCount', () => {
    const dead: Message[] = []
    const queue = createQueue(settings, (message) => dead.push(message))
    queue.send('a')
    for (let at = 0; at < 2; at++) {
      expect(queue.receive(1)).toHaveLength(1)
      vi.advanceTimersByTime(30_000)
    }
    expect(queue.receive(1)).toEqual([])
    expect(dead.map(({ bodyJson, deadLetterSource }) => [bodyJson, deadLetterSource])).toEqual([
      ['"a"', 'arn:q'],
    ])
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  it('forgets what was deleted', () => {
    const queue = createQueue(settings, () => {})
    queue.send('a')
    const [receipt] = queue.receive(1)
    expect(queue.remove(receipt?.handle ?? '')).toBe(true)
    expect(queue.remove(receipt?.handle ?? '')).toBe(false)
    vi.advanceTimersByTime(60_000)
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  it('cuts a receive by bytes, but always gives one', () => {
    const queue = createQueue(settings, () => {})
    for (let at = 0; at < 3; at++) queue.send('x'.repeat(1000))
    expect(queue.receive(10, 100)).toHaveLength(1)
    expect(queue.receive(10, 4000)).toHaveLength(2)
  })

  it('keeps order over many messages', () => {
    const queue = createQueue(settings, () => {})
    const sent = Array.from({ length: 5000 }, (_, at) => String(at))
    for (const body of sent) queue.send(body)
    const got: string[] = []
    for (let batch = queue.receive(700); batch.length > 0; batch = queue.receive(700))
      got.push(...bodies(batch))
    expect(got).toEqual(sent)
  })

  it('delays', () => {
    const queue = createQueue(settings, () => {})
    queue.send('later', undefined, 5000)
    expect(queue.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 1 })
    vi.advanceTimersByTime(5000)
    expect(bodies(queue.receive(1))).toEqual(['later'])
  })
})
