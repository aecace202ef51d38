import type { Operations } from '../operation.ts'

/** Routes about payouts, and the inventories they are paid out of. */
export const payoutOperations = {} as const satisfies Operations
