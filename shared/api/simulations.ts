import type * as z from 'zod'
import { type Change, differenceOf, percentChange } from '../domain/compare.ts'
import { sum } from '../domain/money.ts'
import { parsePolicy } from '../domain/policy/policy.ts'
import type { SettlementStore } from '../settlement/ports.ts'
import { simulatePolicy as settleTwice } from '../settlement/simulation/simulate-policy.ts'
import type { simulationBody, simulationResponse } from './contracts/simulations.ts'
import { type Money, moneyOf } from './present.ts'

type Response = z.output<typeof simulationResponse>

/** How many accounts an answer lists; it counts and sums them all. */
const MAX_LISTED = 100

/**
 * Who would have gained and who lost by a policy in the last sealed era that counted anything. Stores nothing.
 * Throws `InvalidPolicy`, `NothingToSimulate`, `TooMuchToSimulate`, `NetworkNotOpen`.
 */
export async function simulatePolicy(
  store: SettlementStore,
  { body }: { body: z.output<typeof simulationBody> },
): Promise<Response> {
  const { seal, hash, comparison, ...simulated } = await settleTwice(store, body.policy)
  const policy = parsePolicy(body.policy)
  const money = moneyOf(policy)
  const { era, state, income, cost, net, lines, system, accounts } = comparison
  const changed = accounts.filter((change) => differenceOf(change) !== 0n)
  const side = (isOnIt: (difference: bigint) => boolean) => {
    const differences = changed.map(differenceOf).filter(isOnIt)
    return { count: differences.length, total: money(sum(differences)) }
  }
  return {
    era,
    policy: { version: seal.policyVersion, hash: seal.policyHash },
    proposed: { version: policy.version, hash },
    state,
    ...simulated,
    income: present(income, money),
    cost: present(cost, money),
    net: present(net, money),
    lines: lines.map(({ stage, line, ...change }) => ({ stage, line, ...present(change, money) })),
    system: system.map(({ account, ...change }) => ({ account, ...present(change, money) })),
    accounts: {
      gained: side((difference) => difference > 0n),
      lost: side((difference) => difference < 0n),
      unchanged: accounts.length - changed.length,
      largest: changed
        .slice(0, MAX_LISTED)
        .map(({ account, ...change }) => ({ account, ...present(change, money) })),
    },
  }
}

function present(change: Change, money: Money) {
  const percent = percentChange(change)
  return {
    before: money(change.before),
    after: money(change.after),
    difference: money(differenceOf(change)),
    ...(percent !== undefined && { percent }),
  }
}
