import type { Operations } from '../operation.ts'

/** Routes about offers, quotes and bookings. */
export const marketOperations = {} as const satisfies Operations
