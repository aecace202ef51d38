/**
 * Base of every error this product raises on purpose. `code` is stable (it becomes the problem type of the
 * API and the error name in the state machine); the message states the rule and the offending value.
 */
export class ExchequerError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = code
  }
}

/** Thrown when a condition that must hold by construction does not: money would be wrong, so nothing goes on. */
export class InvariantError extends ExchequerError {
  constructor(message: string) {
    super('InvariantBroken', message)
  }
}

/** Asserts what must hold before a write and after a read. */
export function assertInvariant(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new InvariantError(message())
}
