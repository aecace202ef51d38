import type { Operations } from '../operation.ts'

/** Routes about market orders. */
export const orderOperations = {} as const satisfies Operations
