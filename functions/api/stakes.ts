import { slash } from '../../shared/accounts/slash.ts'
import { makeStake } from '../../shared/accounts/stake.ts'
import { unstake } from '../../shared/accounts/unstake.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

/** Slashing needs the scope `stakes:slash`: the contract says so, and `serveWith` holds it. */
export const handler = serveWith(
  () => ({ store: connectStore({ tableName: setting('TABLE_NAME') }), now: Date.now }),
  {
    'POST /accounts/{account}/stakes': makeStake,
    'POST /accounts/{account}/stakes/{lot}/unstake': unstake,
    'POST /accounts/{account}/slashes': slash,
  },
)
