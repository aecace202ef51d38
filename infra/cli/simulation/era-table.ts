import type { Policy } from '../../../shared/domain/policy/schema.ts'
import type { SettledEra } from '../../../shared/domain/settle.ts'
import { eraResult } from '../../../shared/domain/simulate.ts'

/** Eras as a table for people: one block per era, amounts in base units. */
export function describeEras(policy: Policy, eras: readonly SettledEra[]): string {
  const unit = `base units of ${policy.asset.symbol} (10^-${policy.asset.decimals})`
  return [`${policy.network}, amounts in ${unit}`, ...eras.map(describeEra)].join('\n\n').concat('\n')
}

function describeEra(settled: SettledEra): string {
  const era = eraResult(settled)
  const rows: [string, string][] = [
    ['income', era.income],
    ['cost', era.cost],
    ['net', era.net],
  ]
  if (era.draw !== undefined) rows.push(['drawn from the reserve', era.draw])
  for (const [payer, amount] of Object.entries(era.owed ?? {})) rows.push([`owed to ${payer}`, amount])
  for (const [stage, lines] of Object.entries(era.lines)) {
    for (const [line, amount] of Object.entries(lines)) rows.push([`${stage} / ${line}`, amount])
  }
  for (const [account, amount] of Object.entries(era.credits)) rows.push([`→ ${account}`, amount])
  for (const [account, amount] of Object.entries(era.system)) rows.push([`${account} holds`, amount])
  const left = Math.max(...rows.map(([label]) => label.length))
  const right = Math.max(...rows.map(([, amount]) => amount.length))
  const body = rows.map(([label, amount]) => `  ${label.padEnd(left)}  ${amount.padStart(right)}`)
  return [`era ${era.era}  ${era.state}`, ...body].join('\n')
}
