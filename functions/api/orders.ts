import * as orders from '../../shared/api/orders.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

/** Whose token may take which step is decided by the order: it names buyer and seller. */
export const handler = serveWith(
  () => ({ store: connectStore({ tableName: setting('TABLE_NAME') }), now: Date.now }),
  {
    'POST /orders': orders.placeOrder,
    'GET /orders': orders.listOrders,
    'GET /orders/{id}': orders.readOrder,
    'POST /orders/{id}/usage': orders.reportUsage,
    'POST /orders/{id}/fulfil': orders.fulfilOrder,
    'POST /orders/{id}/cancel': orders.cancelOrder,
    'POST /orders/{id}/dispute': orders.disputeOrder,
    'POST /orders/{id}/resolve': orders.resolveOrder,
    'POST /orders/{id}/refund': orders.refundOrder,
    'POST /orders/{id}/uses': orders.useOrder,
  },
)
