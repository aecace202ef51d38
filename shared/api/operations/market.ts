import * as market from '../contracts/market.ts'
import { nothing } from '../contracts/network.ts'
import * as examples from '../examples/market.ts'
import { KEYED_PROBLEMS, type Operations, TOKEN_PROBLEMS } from '../operation.ts'

/** Routes about offers, quotes and bookings. */
export const marketOperations = {
  'PUT /offers/{id}': {
    id: 'putOffer',
    summary: 'Offers capacity, or says anew what an offer is',
    description:
      'Of the account of the token, or of any with the scope `offers:write`. An id is its first provider’s for ever; an ' +
      'offer stays what and where it is. Bookings keep their price and their units whatever becomes of it.',
    path: market.offerPath,
    query: nothing,
    body: { schema: market.offerBody, example: examples.offerRequest },
    response: market.offerResponse,
    example: examples.offer,
    caching: 'never',
    token: true,
    mayBeKeyed: true,
    problems: [...KEYED_PROBLEMS, 'MissingScope', 'OfferWithdrawn', 'OfferFixed', 'OfferTaken'],
  },
  'GET /offers': {
    id: 'listOffers',
    summary: 'Offers of a provider, or open ones of a resource',
    description:
      'Of a resource by cluster: first those that have units to sell, in the order in which quotes take them (price, ' +
      'longer commitment, trust, id), then those that are taken.',
    path: nothing,
    query: market.offersQuery,
    response: market.offersResponse,
    example: examples.offers,
    caching: 'never',
    problems: ['InvalidParameter', 'InvalidCursor', 'NetworkNotOpen'],
  },
  'GET /offers/{id}': {
    id: 'readOffer',
    summary: 'One offer',
    path: market.offerPath,
    query: nothing,
    response: market.offerResponse,
    example: examples.offer,
    caching: 'never',
    problems: ['InvalidParameter', 'UnknownOffer', 'NetworkNotOpen'],
  },
  'POST /quotes': {
    id: 'makeQuote',
    summary: 'Prices capacity and keeps it until the quote expires',
    description:
      'For the account of the token, of at most 90 offers of others: cheapest first, then longer commitment, trust and ' +
      'id. Nobody else can have the units until then. `formulas` show how the price follows from the policy.',
    path: nothing,
    query: nothing,
    body: { schema: market.quoteBody, example: examples.quoteRequest },
    response: market.quoteResponse,
    example: examples.quote,
    caching: 'never',
    token: true,
    keyed: true,
    problems: [...KEYED_PROBLEMS, 'NotPriced', 'NotEnoughCapacity'],
  },
  'GET /quotes/{id}': {
    id: 'readQuote',
    summary: 'One quote, for its buyer',
    description: 'Or for whoever has the scope `quotes:read`.',
    path: market.quotePath,
    query: nothing,
    response: market.quoteResponse,
    example: examples.quote,
    caching: 'never',
    token: true,
    problems: [...TOKEN_PROBLEMS, 'UnknownQuote'],
  },
  'POST /quotes/{id}/accept': {
    id: 'acceptQuote',
    summary: 'Turns a quote into a booking, and pays for it',
    description:
      'By its buyer, or with the scope `bookings:write`. The requirement is income that is earned over the booking, and ' +
      'providers are due their entitlements over the same time.',
    path: market.quotePath,
    query: nothing,
    response: market.bookingResponse,
    example: examples.booking,
    caching: 'never',
    token: true,
    keyed: true,
    problems: [
      ...KEYED_PROBLEMS,
      'UnknownQuote',
      'QuoteExpired',
      'QuoteAccepted',
      'NotPriced',
      'NotEnough',
      'TooManyHolds',
      'OutboxFull',
    ],
  },
  'GET /bookings': {
    id: 'listBookings',
    summary: 'Bookings of a buyer, newest first',
    path: nothing,
    query: market.bookingsQuery,
    response: market.bookingsResponse,
    example: examples.bookings,
    caching: 'never',
    problems: ['InvalidParameter', 'InvalidCursor', 'NetworkNotOpen'],
  },
  'GET /bookings/{id}': {
    id: 'readBooking',
    summary: 'One booking, as it is now',
    path: market.bookingPath,
    query: nothing,
    response: market.bookingResponse,
    example: examples.booking,
    caching: 'never',
    problems: ['InvalidParameter', 'UnknownBooking', 'NetworkNotOpen'],
  },
  'POST /bookings/{id}/end': {
    id: 'endBooking',
    summary: 'Ends a booking before its time',
    description:
      'By its buyer, or with the scope `bookings:write`. What is not earned yet comes back when the era is settled, less ' +
      'the fee of the policy (`orderFee`); the units are free at once.',
    path: market.bookingPath,
    query: nothing,
    response: market.bookingResponse,
    example: examples.endedBooking,
    caching: 'never',
    token: true,
    keyed: true,
    problems: [...KEYED_PROBLEMS, 'UnknownBooking', 'BookingEnded', 'OutboxFull'],
  },
} as const satisfies Operations
