import { hash } from 'node:crypto'
import { range } from '../settlement/network.ts'
import { type Item, keyItem, numberValue } from './attributes.ts'
import type { Write } from './dynamo.ts'
import { fenceKey } from './keys.ts'

/**
 * Copies of the number of the open era, all raised by the one transaction that closes an era. Every command checks
 * one of them in its own, so whatever is labelled with an era was written before that era was closed. One copy would
 * make every command wait for every other; two in flight meet on one of so many only now and then.
 */
const FENCES = 32

export const fences = range(FENCES)

/** The fence that a command checks: by its id, so that a repeated command meets itself. */
export function fenceOf(id: string): number {
  return hash('sha256', id, 'buffer').readUInt32BE() % FENCES
}

export function fenceItem(fence: number, openEra: number): Item {
  return { ...keyItem(fenceKey(fence)), openEra: numberValue(openEra) }
}

/** The check of a command's transaction. */
export function fenceCheck(id: string, openEra: number): Write {
  return {
    check: fenceKey(fenceOf(id)),
    when: { expression: 'openEra = :open', values: { ':open': numberValue(openEra) } },
  }
}
