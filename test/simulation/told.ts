import type { Payout } from '../../shared/domain/payout/payout.ts'
import { bytesOf, textOf } from '../../shared/store/attributes.ts'
import { decode } from '../../shared/store/codec.ts'
import type { Simulation } from './simulation.ts'

/** Whatever the table says was told to the bus was told, and nothing else was: a line for each that is not so. */
export function wronglyTold({ database, published }: Simulation): string[] {
  const told = new Set<string>()
  for (const { DetailType, Detail } of published) {
    const { payoutId } = JSON.parse(Detail).data as { payoutId?: string }
    if (DetailType === 'PayoutReleased' && payoutId !== undefined) told.add(payoutId)
  }
  const wrong: string[] = []
  for (const { item } of database.history()) {
    if (!textOf(item, 'pk').startsWith('PAYOUT#')) continue
    const { id, state, announcedAt } = decode<Payout>(bytesOf(item, 'd'))
    const isTold = told.delete(id)
    if (announcedAt !== undefined && !isTold) wrong.push(`payout ${id} is announced, and nobody was told`)
    if (isTold && (state === 'REQUESTED' || state === 'TIMELOCKED'))
      wrong.push(`payout ${id} was told, and is ${state}`)
  }
  for (const id of told) wrong.push(`payout ${id} was told, and there is none`)
  return wrong
}
