import type * as z from 'zod'
import { formatMoment } from '../domain/calendar.ts'
import { decideHeld } from '../settlement/held.ts'
import type { SettlementStore } from '../settlement/ports.ts'
import type { decisionBody, decisionResponse } from './contracts/eras.ts'
import type { Request } from './request.ts'

/** Says of a held era whether it is paid or returned. Throws `EraNotHeld`, `AlreadyDecided`, `StoreBusy`, `NetworkNotOpen`. */
export async function decideEra(
  deps: { store: Pick<SettlementStore, 'state' | 'plans' | 'decisions'>; now: () => number },
  { n, body }: { n: number; body: z.output<typeof decisionBody> },
  { caller }: Request,
): Promise<z.output<typeof decisionResponse>> {
  const { at, ...decision } = await decideHeld(deps, {
    era: n,
    decision: body.decision,
    by: caller?.name ?? '',
  })
  return { ...decision, at: formatMoment(at) }
}
