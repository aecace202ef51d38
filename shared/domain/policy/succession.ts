import type { Calendar } from '../calendar.ts'
import { canonicalJson, type PolicyIssue } from './policy.ts'
import type { Policy } from './schema.ts'

/**
 * What a later version of a policy may not change: whose books these are, what they are kept in, when eras begin and
 * end, and what the network began with. Answers with everything that differs. Source of the rule: old eras keep
 * their version, and one calendar, one clock and one asset run through all of them.
 */
export function checkSuccession(first: Policy, next: Policy): PolicyIssue[] {
  const issues: PolicyIssue[] = []
  const same = (path: string, before: string | number, after: string | number): void => {
    if (before === after) return
    const message = `it stays the same in every version: ${JSON.stringify(before)}, got ${JSON.stringify(after)}`
    issues.push({ path, message })
  }
  same('network', first.network, next.network)
  same('asset.symbol', first.asset.symbol, next.asset.symbol)
  same('asset.decimals', first.asset.decimals, next.asset.decimals)
  const [before, after] = [first.era.calendar, next.era.calendar]
  same(before.by === 'block' ? 'era.blocks' : 'era.every', lengthOf(before), lengthOf(after))
  same('era.from', before.from, after.from)
  same('era.clock', first.era.clock, next.era.clock)
  if (next.genesis !== undefined && canonicalJson(next.genesis) !== canonicalJson(first.genesis)) {
    issues.push({ path: 'genesis', message: 'a network begins once: it is left out, or that of version 1' })
  }
  return issues
}

function lengthOf({ by, length }: Calendar): string {
  const unit = { block: 'blocks', time: 'ms', month: 'months' }[by]
  return `${length} ${unit}`
}
