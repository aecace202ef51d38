import { ACCOUNTS } from './list/accounts.ts'
import { DOMAIN } from './list/domain.ts'
import { API, STORE_ADAPTERS } from './list/edges.ts'
import { INFRA } from './list/infra.ts'
import { INGEST } from './list/ingest.ts'
import { MARKET, PAYOUTS } from './list/market.ts'
import { SETTLEMENT_STEPS } from './list/settlement.ts'
import type { Mutant } from './mutant.ts'

/** Every planted bug. */
export const MUTANTS: readonly Mutant[] = [
  ...INGEST,
  ...SETTLEMENT_STEPS,
  ...DOMAIN,
  ...ACCOUNTS,
  ...MARKET,
  ...PAYOUTS,
  ...STORE_ADAPTERS,
  ...API,
  ...INFRA,
]
