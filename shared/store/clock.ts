import { ExchequerError } from '../domain/errors.ts'
import type { ClockStore, NetworkClock } from '../settlement/ports.ts'
import { type Item, keyItem, numberOf, numberValue, textOf, textValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { clockKey } from './keys.ts'

/** Times that one observation may be overtaken by others before it gives up. */
const MAX_OVERTAKEN = 20

export const UNSET_CLOCK: NetworkClock = { watermark: -1, latest: -1, advancedTo: -1, passed: [] }

export function clockStore(table: Table): ClockStore {
  const read = async (): Promise<NetworkClock> => {
    const item = await table.get(clockKey)
    return item ? clockOf(item) : UNSET_CLOCK
  }
  return {
    read,
    async observe(watermark, latest) {
      let raised = { watermark, latest }
      for (let overtaken = 0; overtaken < MAX_OVERTAKEN; overtaken++) {
        if (await raise(table, raised)) return
        // Either both are there already, or one of them is: then that one stays and the other is raised.
        const stored = await read()
        if (stored.watermark >= watermark && stored.latest >= latest) return
        raised = { watermark: Math.max(watermark, stored.watermark), latest: Math.max(latest, stored.latest) }
      }
      throw new ExchequerError('StoreBusy', `the clock was raised by others ${MAX_OVERTAKEN} times in a row`)
    },
    async advance(to) {
      await table.update(clockKey, {
        set: 'SET advancedTo = :to',
        expression: 'attribute_exists(pk) AND advancedTo < :to',
        values: { ':to': numberValue(to) },
      })
    },
    async recordPassed(passed) {
      await table.update(clockKey, {
        set: 'SET passed = :passed',
        expression: 'attribute_exists(pk)',
        values: { ':passed': textValue(JSON.stringify(passed)) },
      })
    },
  }
}

/** Sets both where that lowers neither and raises one. */
function raise(table: Table, { watermark, latest }: { watermark: number; latest: number }): Promise<boolean> {
  return table.update(clockKey, {
    set: 'SET watermark = :watermark, latest = :latest',
    expression:
      'watermark <= :watermark AND latest <= :latest AND (watermark < :watermark OR latest < :latest)',
    values: { ':watermark': numberValue(watermark), ':latest': numberValue(latest) },
  })
}

export function clockOf(item: Item): NetworkClock {
  return {
    watermark: numberOf(item, 'watermark'),
    latest: numberOf(item, 'latest'),
    advancedTo: numberOf(item, 'advancedTo'),
    passed: JSON.parse(textOf(item, 'passed')) as NetworkClock['passed'],
  }
}

export function clockItem({ watermark, latest, advancedTo, passed }: NetworkClock): Item {
  return {
    ...keyItem(clockKey),
    watermark: numberValue(watermark),
    latest: numberValue(latest),
    advancedTo: numberValue(advancedTo),
    passed: textValue(JSON.stringify(passed)),
  }
}
