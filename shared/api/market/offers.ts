import type * as z from 'zod'
import { isParticipant } from '../../domain/account.ts'
import { formatMoment, parseMoment } from '../../domain/calendar.ts'
import { availableOf, type Offer, takenOf, UNITS } from '../../domain/market/offer.ts'
import type { PostDeps } from '../../ledger/post.ts'
import { momentOf } from '../../ledger/time.ts'
import { listOffers as list, type OffersWanted, offerOf, putOffer as put } from '../../market/offers.ts'
import { requireAccount, requireScope } from '../authority.ts'
import type { offerResponse, offersResponse } from '../contracts/market.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { Input } from '../operations.ts'
import { moneyOf } from '../present.ts'
import { ProblemError } from '../problems.ts'
import { commandOfPut, type Request } from '../request.ts'

/** Whoever has it acts for every provider, and says what the network thinks of one. */
const OFFERS_SCOPE = 'offers:write'

type Response = z.output<typeof offerResponse>

/**
 * Makes an offer of the token's account, or of another with the scope. Throws `Unauthenticated`, `NotYours`,
 * `MissingScope`, `OfferWithdrawn`, `OfferFixed`, `OfferTaken`.
 */
export async function putOffer(
  deps: PostDeps,
  { id, body }: Input<'PUT /offers/{id}'>,
  request: Request,
): Promise<Response> {
  const { provider = request.caller?.account ?? '', committedUntil, minSeconds, maxSeconds, ...rest } = body
  requireAccount(provider, OFFERS_SCOPE, request.caller)
  if (!isParticipant(provider))
    throw new ProblemError(
      'NotYours',
      `participants offer capacity: the token is of ${JSON.stringify(provider)}`,
    )
  const { billingSeconds, trust, ...said } = rest
  if (trust !== undefined) requireScope(OFFERS_SCOPE, request.caller)
  const offer = await put(deps, (version) => commandOfPut(request, 'PUT /offers/{id}', version), {
    id,
    ...said,
    provider,
    quantity: BigInt(body.quantity),
    price: BigInt(body.price),
    ...(minSeconds !== undefined && { minSeconds }),
    ...(maxSeconds !== undefined && { maxSeconds }),
    ...(committedUntil !== undefined && { committedUntil: parseMoment(committedUntil) as number }),
    ...(billingSeconds !== undefined && { billingSeconds }),
    ...(trust !== undefined && { trust }),
  })
  const [answer] = await presentAll(deps, [offer])
  return answer as Response
}

/** One offer as it is now. Throws `UnknownOffer`. */
export async function readOffer(deps: PostDeps, { id }: { id: string }): Promise<Response> {
  const [answer] = await presentAll(deps, [await offerOf(deps, id)])
  return answer as Response
}

/** Offers of a provider by id, or open ones in the order of the market. Throws `InvalidCursor`. */
export async function listOffers(
  deps: PostDeps,
  { provider, resource, cluster, maxPrice, cursor, limit }: Input<'GET /offers'>,
): Promise<z.output<typeof offersResponse>> {
  const price = maxPrice === undefined ? undefined : BigInt(maxPrice)
  const wanted: OffersWanted =
    resource === undefined ? { provider: provider as string } : { resource, cluster, maxPrice: price }
  const name = `offers ${JSON.stringify([provider, resource, cluster, maxPrice])}`
  const after = cursor === undefined ? undefined : readCursor(name, cursor)
  const { offers, next } = await list(deps, wanted, { cursor: after, limit })
  return {
    offers: await presentAll(deps, offers),
    ...(next !== undefined && { next: writeCursor(name, next) }),
  }
}

async function presentAll({ store, now }: PostDeps, offers: readonly Offer[]): Promise<Response[]> {
  const { at, policy } = await momentOf(store, now())
  const money = moneyOf(policy.policy)
  return offers.map(({ takings, committedUntil, ...offer }) => ({
    ...offer,
    unit: UNITS[offer.resource],
    quantity: offer.quantity.toString(),
    taken: takenOf({ takings }, at).toString(),
    available: availableOf({ ...offer, takings }, at).toString(),
    price: money(offer.price),
    ...(committedUntil !== undefined && { committedUntil: formatMoment(committedUntil) }),
  }))
}
