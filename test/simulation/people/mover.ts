import { isByBlock } from '../../../shared/domain/calendar.ts'
import { momentOf } from '../../../shared/ledger/time.ts'
import { messageOf } from '../scenario.ts'
import type { Published, Simulation } from '../simulation.ts'

/** How long whoever moves money takes for it, ms. */
const TAKES_MS = 120_000

/** Whoever moves the money that was paid out: hears the bus, moves it once, and says how it went. */
export function moveMoney(sim: Simulation): void {
  const { world, queue } = sim
  const moved = new Set<string>()
  const say = async (payoutId: string): Promise<void> => {
    const { at, position, policy } = await momentOf(sim.store, world.now)
    const block = isByBlock(policy.policy.era.calendar) ? { block: position } : {}
    const type = world.chance(`moved ${payoutId}`).is(0.2) ? 'PayoutFailed' : 'PayoutConfirmed'
    const data = { id: `of ${payoutId}`, payoutId, occurredAt: new Date(at).toISOString(), ...block }
    const { name, body } = messageOf(`moved ${payoutId}`, { 'detail-type': type, detail: { data } }, 0)
    queue.send(name, body)
  }
  sim.onPublished = ({ DetailType, Detail }: Published) => {
    if (DetailType !== 'PayoutReleased') return
    const { payoutId } = JSON.parse(Detail).data as { payoutId: string }
    // Told twice, it moves the money once.
    if (moved.has(payoutId)) return
    moved.add(payoutId)
    const { world } = sim
    world.after(world.chance(`moves ${payoutId}`).int(1, TAKES_MS), () => void say(payoutId))
  }
}
