import { ExchequerError } from '../domain/errors.ts'
import type { NetworkState, StateStore } from './ports.ts'

/** The state of an opened network. Throws `NetworkNotOpen`. */
export async function stateOf(store: { state: Pick<StateStore, 'read'> }): Promise<NetworkState> {
  const state = await store.state.read()
  if (!state)
    throw new ExchequerError('NetworkNotOpen', 'the network has no state yet: the next tick opens it')
  return state
}

/** What a step needs that another should have written. Throws `StepMissing`: the steps of an era run in order. */
export function required<T>(value: T | undefined, what: string): T {
  if (value === undefined)
    throw new ExchequerError('StepMissing', `${what} is not there: the steps of an era run in order`)
  return value
}

/** The numbers from 0 up to `count`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
