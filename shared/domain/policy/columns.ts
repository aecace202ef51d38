import type { Line, Policy, Stage, Weight } from './schema.ts'

/**
 * Everything that is shared among accounts is a cascade over one column of weights:
 * a part of a group's weight, what is owed, what was spent, what is due.
 */
export type Column =
  | { kind: 'part'; group: string; part: number; weight: Weight }
  | { kind: 'owed' }
  | { kind: 'cost' }
  | { kind: 'due'; obligation: string; since: 'former' | 'current' }

/** The columns of a policy, in a fixed order: an account's weights are written in this order. */
export function columnsOf(policy: Policy): Column[] {
  const columns: Column[] = []
  const groups = payingGroups(policy)
  for (const [group, { parts }] of Object.entries(policy.groups)) {
    if (!groups.has(group)) continue
    parts.forEach(({ weight }, part) => {
      columns.push({ kind: 'part', group, part, weight })
    })
  }
  if (policy.base === 'net') columns.push({ kind: 'owed' }, { kind: 'cost' })
  for (const obligation of obligationsOf(policy)) {
    columns.push({ kind: 'due', obligation, since: 'former' }, { kind: 'due', obligation, since: 'current' })
  }
  return columns
}

/** The lines of a stage, whichever its kind. */
export function linesOf(stage: Stage): readonly Line[] {
  return 'split' in stage ? stage.split : stage.take
}

/** The group a line pays, if it pays one. */
export function groupOf(to: string): string | undefined {
  return to.startsWith('group:') ? to.slice('group:'.length) : undefined
}

/** Names of the obligations that some line pays, in policy order. */
export function obligationsOf(policy: Policy): string[] {
  const names: string[] = []
  for (const stage of policy.stages) {
    if ('take' in stage) for (const line of stage.take) if ('obligation' in line) names.push(line.obligation)
  }
  return names
}

/** Groups paid by weight: an obligation line names a group for its title only and gives no weights. */
function payingGroups(policy: Policy): Set<string> {
  const groups = new Set<string>()
  for (const stage of policy.stages) {
    for (const line of linesOf(stage)) {
      const group = groupOf(line.to)
      if (group !== undefined && !('obligation' in line)) groups.add(group)
    }
  }
  return groups
}

/** Metrics that the network itself works out; nobody can report them. */
export const SYSTEM_METRICS = ['costPaid', 'feesPaid', 'balance', 'staked'] as const

/** Every metric that decides a weight or a cap: the only ones a fold has to carry to the accounts. */
export function metricsUsed(policy: Policy): Set<string> {
  const used = new Set<string>()
  const visit = (weight: Weight): void => {
    if ('metric' in weight) used.add(weight.metric)
    if ('curve' in weight) used.add(weight.curve)
    if ('product' in weight) weight.product.forEach(visit)
  }
  for (const column of columnsOf(policy)) if (column.kind === 'part') visit(column.weight)
  for (const metric of capMetrics(policy)) used.add(metric)
  return used
}

/** Metrics that cap what an account gets from a line, without repeats, in policy order. */
export function capMetrics(policy: Policy): string[] {
  const metrics = new Set<string>()
  for (const stage of policy.stages) {
    for (const line of linesOf(stage)) if (line.cap) metrics.add(line.cap.metric)
  }
  return [...metrics]
}
