import * as bookings from '../../shared/api/market/bookings.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

/** Quotes, and the bookings that they become. */
export const handler = serveWith(
  () => ({ store: connectStore({ tableName: setting('TABLE_NAME') }), now: Date.now }),
  {
    'POST /quotes': bookings.makeQuote,
    'GET /quotes/{id}': bookings.readQuote,
    'POST /quotes/{id}/accept': bookings.acceptQuote,
    'GET /bookings': bookings.listBookings,
    'GET /bookings/{id}': bookings.readBooking,
    'POST /bookings/{id}/end': bookings.endBooking,
  },
)
