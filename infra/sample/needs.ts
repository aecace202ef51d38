import { groupOf, SYSTEM_METRICS } from '../../shared/domain/policy/columns.ts'
import type { Policy, Weight } from '../../shared/domain/policy/schema.ts'

/** What the accounts of one group must do for a policy to have something to weigh. */
export interface GroupNeeds {
  name: string
  registered: boolean
  /** Metrics its accounts report, with the points that decide, where the policy bends the metric by a curve. */
  metrics: Map<string, bigint[]>
  /** Locks in seconds that make a difference; undefined where stake is not weighed. */
  locks: number[] | undefined
  balance: boolean
  costPaid: boolean
  feesPaid: boolean
}

/** Reads from a policy's weights and caps what each of its groups needs, in policy order. */
export function needsOf(policy: Policy): GroupNeeds[] {
  const needs = Object.entries(policy.groups).map(([name, { parts, registered }]) => {
    const group = noNeeds(name, registered)
    for (const { weight } of parts) addWeight(group, weight)
    return group
  })
  for (const stage of policy.stages) {
    for (const line of 'split' in stage ? stage.split : stage.take) {
      const group = needs.find(({ name }) => name === groupOf(line.to))
      if (group && line.cap) addMetric(group, line.cap.metric)
    }
  }
  return needs
}

function noNeeds(name: string, registered: boolean): GroupNeeds {
  return {
    name,
    registered,
    metrics: new Map(),
    locks: undefined,
    balance: false,
    costPaid: false,
    feesPaid: false,
  }
}

function addWeight(group: GroupNeeds, weight: Weight): void {
  if ('metric' in weight) addMetric(group, weight.metric)
  if ('curve' in weight)
    addMetric(
      group,
      weight.curve,
      weight.points.map(([at]) => at),
    )
  if ('product' in weight) for (const factor of weight.product) addWeight(group, factor)
  if ('stakeSeconds' in weight) {
    group.locks = [
      ...(group.locks ?? []),
      ...weight.stakeSeconds.lockCurve.map(([lockMs]) => Math.floor(lockMs / 1000)),
    ]
  }
}

function addMetric(group: GroupNeeds, metric: string, points: bigint[] = []): void {
  if (metric === 'staked') group.locks ??= [0]
  else if (metric === 'balance') group.balance = true
  else if (metric === 'costPaid') group.costPaid = true
  else if (metric === 'feesPaid') group.feesPaid = true
  if ((SYSTEM_METRICS as readonly string[]).includes(metric)) return
  group.metrics.set(metric, [...(group.metrics.get(metric) ?? []), ...points])
}
