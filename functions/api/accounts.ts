import { readBalance } from '../../shared/api/balance.ts'
import { readEntries } from '../../shared/api/entries.ts'
import { readReceipt } from '../../shared/api/receipt.ts'
import { readStakes } from '../../shared/api/stakes.ts'
import { readStatement } from '../../shared/api/statement.ts'
import { serve } from './http/serve.ts'

export const handler = serve({
  'GET /accounts/{account}/balance': readBalance,
  'GET /accounts/{account}/statement': readStatement,
  'GET /accounts/{account}/entries': readEntries,
  'GET /accounts/{account}/receipt': readReceipt,
  'GET /accounts/{account}/stakes': readStakes,
})
