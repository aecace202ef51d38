import type { PostDeps } from '../ledger/post.ts'

/** Where the network says which payouts are to be paid. */
export interface Announcer {
  put(detailType: 'PayoutReleased', detail: object): Promise<void>
}

export interface StepDeps extends PostDeps {
  /** How long the function may still work, ms. */
  remainingMs: () => number
  /** Says what went wrong with one of many, without failing the rest: to the function's log. */
  warn: (message: string, error: Error) => void
}

/** Where a step goes on: the place in its list after which it was stopped, and what has failed before. */
export interface StepCursor {
  after?: string | undefined
  failed: number
}

/** What the state machine goes on with. */
export interface StepResult extends StepCursor {
  /** Nothing more is due. */
  done: boolean
}
