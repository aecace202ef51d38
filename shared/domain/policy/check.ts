import { type Account, DEFERRED, EXPENSES, normaliseAccount, POOL, VESTING } from '../account.ts'
import { formatPosition, isByBlock } from '../calendar.ts'
import { max, sum } from '../money.ts'
import { formatPercent, WHOLE } from '../percent.ts'
import { groupOf, linesOf, SYSTEM_METRICS } from './columns.ts'
import type { PolicyIssue } from './issues.ts'
import { checkMutable } from './mutable.ts'
import type { Policy, Stage, Weight } from './schema.ts'

type Report = (path: string, message: string) => void

/** The rules that hold between the keys of a policy. Answers with everything that breaks one. */
export function checkPolicy(policy: Policy, json: Record<string, unknown>): PolicyIssue[] {
  const issues: PolicyIssue[] = []
  const report: Report = (path, message) => issues.push({ path, message })
  checkEra(policy, report)
  checkBase(policy, report)
  checkStages(policy, report)
  checkFlow(policy, report)
  checkDestinations(policy, report)
  checkGroups(policy, report)
  checkMetrics(policy, report)
  checkRanges(policy, report)
  checkGenesis(policy, report)
  checkSpellings(json, report)
  checkObligations(policy, report)
  if (policy.governance) checkMutable(policy.governance, json, report)
  return issues
}

function checkEra({ era }: Policy, report: Report): void {
  if (isByBlock(era.calendar) && era.clock === 'wall') {
    report('era.clock', 'eras counted in blocks need an "events" or "manual" clock: got "wall"')
  }
}

function checkBase(policy: Policy, report: Report): void {
  if (policy.base === 'net' && !policy.loss) report('loss', 'base "net" needs the account that covers a loss')
}

function pathOf(stageIndex: number, stage: Stage, lineIndex: number): string {
  return `stages[${stageIndex}].${'split' in stage ? 'split' : 'take'}[${lineIndex}]`
}

function checkStages(policy: Policy, report: Report): void {
  const stageIds = new Set<string>()
  const obligations = new Set<string>()
  policy.stages.forEach((stage, s) => {
    if (stageIds.has(stage.id))
      report(`stages[${s}].id`, `another stage is called ${JSON.stringify(stage.id)}`)
    stageIds.add(stage.id)
    if ('split' in stage) {
      const whole = sum(stage.split.map(({ share }) => share))
      if (whole > WHOLE)
        report(
          `stages[${s}].split`,
          `the shares of a split are at most 100% together: got ${formatPercent(whole)}`,
        )
    }
    const lineIds = new Set<string>()
    linesOf(stage).forEach((line, l) => {
      const path = pathOf(s, stage, l)
      if (lineIds.has(line.id))
        report(`${path}.id`, `another line of this stage is called ${JSON.stringify(line.id)}`)
      lineIds.add(line.id)
      const group = groupOf(line.to)
      if (group !== undefined && !policy.groups[group])
        report(`${path}.to`, `no group is called ${JSON.stringify(group)}`)
      if (group === undefined && line.cap)
        report(`${path}.cap`, 'only a line that pays a group by weight can have a cap')
      if ('topUpTo' in line && group !== undefined)
        report(`${path}.topUpTo`, 'only a system account can be topped up')
      if ('restShare' in line && line.restShare > WHOLE)
        report(
          `${path}.restShare`,
          `a share of the rest is at most 100%: got ${formatPercent(line.restShare)}`,
        )
      if ('obligation' in line) {
        if (group === undefined) report(`${path}.to`, 'an obligation line pays a group')
        if (line.cap) report(`${path}.cap`, 'only a line that pays a group by weight can have a cap')
        if (obligations.has(line.obligation))
          report(
            `${path}.obligation`,
            `another line already pays the obligation ${JSON.stringify(line.obligation)}`,
          )
        obligations.add(line.obligation)
      }
    })
  })
}

/** Accounts that stage `s` puts money into, `ifEmpty` of its groups included. */
function filledBy(policy: Policy, stage: Stage): Set<Account> {
  const filled = new Set<Account>([stage.rest])
  for (const line of linesOf(stage)) {
    const group = groupOf(line.to)
    if (group === undefined) filled.add(line.to)
    else if (!('obligation' in line)) filled.add(policy.groups[group]?.ifEmpty ?? POOL)
  }
  return filled
}

function checkFlow(policy: Policy, report: Report): void {
  const sources = new Set<Account>([POOL, ...Object.keys(policy.genesis?.system ?? {})])
  if (policy.base === 'net') sources.add(EXPENSES)
  for (const { admit, restTo, recognise } of Object.values(policy.income))
    if (admit < WHOLE || recognise === 'ratable') sources.add(restTo)
  if (policy.stabiliser) sources.add(policy.stabiliser.reserve)
  if (policy.buyback) sources.add(policy.buyback.then)
  const filled = policy.stages.map((stage) => filledBy(policy, stage))
  policy.stages.forEach(({ from }, s) => {
    for (const account of filled[s] ?? []) if (account !== from) sources.add(account)
  })

  policy.stages.forEach((stage, s) => {
    if (stage.from === DEFERRED || stage.from === VESTING) {
      report(`stages[${s}].from`, `${stage.from} is kept by the network itself: no stage may read it`)
    } else if (!sources.has(stage.from)) {
      report(
        `stages[${s}].from`,
        `nothing fills ${stage.from}: no line, rest, income or genesis pays into it`,
      )
    }
    const later = policy.stages.findIndex((_, l) => l > s && filled[l]?.has(stage.from))
    if (later >= 0) {
      report(
        `stages[${s}].from`,
        `stage ${JSON.stringify(policy.stages[later]?.id)} fills ${stage.from} later than this stage reads it`,
      )
    }
    linesOf(stage).forEach((line, l) => {
      const overflow = line.cap && policy.groups[groupOf(line.to) ?? '']?.ifEmpty
      const reader = policy.stages.findIndex(({ from }) => from === overflow)
      if (overflow && reader >= 0) {
        report(
          `${pathOf(s, stage, l)}.cap`,
          `what is above the cap goes to ${overflow} at the very end, but stages[${reader}] reads it in the same era`,
        )
      }
    })
  })
}

/** Accounts that the network keeps by rules of its own: what a policy paid into them would never come out. */
const KEPT: readonly Account[] = [DEFERRED, VESTING]

function checkDestinations(policy: Policy, report: Report): void {
  const destinations: [path: string, to: Account | undefined][] = [
    ...Object.entries(policy.income).map(
      ([kind, { restTo }]) => [`income.${kind}.restTo`, restTo] as [string, Account],
    ),
    ...Object.entries(policy.groups).map(
      ([group, { ifEmpty }]) => [`groups.${group}.ifEmpty`, ifEmpty] as [string, Account],
    ),
    ['buyback.then', policy.buyback?.then],
    [`genesis.system.${DEFERRED}`, policy.genesis?.system[DEFERRED] === undefined ? undefined : DEFERRED],
  ]
  policy.stages.forEach((stage, s) => {
    destinations.push([`stages[${s}].rest`, stage.rest])
    linesOf(stage).forEach((line, l) => {
      destinations.push([`${pathOf(s, stage, l)}.to`, line.to])
    })
  })
  for (const [path, to] of destinations) {
    if (to !== undefined && KEPT.includes(to)) {
      report(path, `${to} is kept by the network itself: nothing may pay into it`)
    }
  }
}

function checkGroups(policy: Policy, report: Report): void {
  for (const [group, { parts, hybrid, registered }] of Object.entries(policy.groups)) {
    const path = `groups.${group}.weight`
    const whole = sum(parts.map(({ share }) => share))
    if (whole !== WHOLE)
      report(`${path}.hybrid`, `the shares of a hybrid are 100% together: got ${formatPercent(whole)}`)
    parts.forEach(({ weight }, p) => {
      checkWeight(policy, weight, hybrid ? `${path}.hybrid[${p}].weight` : path, registered, report)
    })
  }
}

function checkWeight(
  policy: Policy,
  weight: Weight,
  path: string,
  registered: boolean,
  report: Report,
): void {
  if ('const' in weight && !registered)
    report(`${path}.const`, 'a constant weight needs members: "registered"')
  if ('curve' in weight) checkAscending(weight.points, `${path}.points`, report)
  if ('stakeSeconds' in weight) {
    checkAscending(weight.stakeSeconds.lockCurve, `${path}.stakeSeconds.lockCurve`, report)
    if (isByBlock(policy.era.calendar))
      report(`${path}.stakeSeconds`, 'stake is weighed by seconds, which eras counted in blocks do not have')
  }
  if ('product' in weight) {
    weight.product.forEach((factor, f) => {
      checkWeight(policy, factor, `${path}.product[${f}]`, registered, report)
    })
  }
}

function checkAscending(
  points: readonly (readonly [bigint | number, bigint])[],
  path: string,
  report: Report,
): void {
  points.forEach(([at], p) => {
    const before = points[p - 1]
    if (before && before[0] >= at)
      report(`${path}[${p}]`, `the points of a curve ascend: ${at} follows ${before[0]}`)
  })
}

function checkMetrics(policy: Policy, report: Report): void {
  for (const metric of Object.keys(policy.metrics)) {
    if ((SYSTEM_METRICS as readonly string[]).includes(metric)) {
      report(`metrics.${metric}`, `${metric} is worked out by the network and cannot be reported`)
    }
  }
}

function checkRanges(policy: Policy, report: Report): void {
  for (const [kind, { admit }] of Object.entries(policy.income)) {
    if (admit > WHOLE)
      report(`income.${kind}.admit`, `at most 100% of a fee is admitted: got ${formatPercent(admit)}`)
  }
  const { stabiliser, bounds, buyback, governance, loss, orderFee } = policy
  const reserves = [
    ['loss.from', loss?.from, [POOL, DEFERRED, VESTING]],
    ['stabiliser.reserve', stabiliser?.reserve, [POOL, DEFERRED, VESTING]],
    ['buyback.from', buyback?.from, [DEFERRED, VESTING]],
  ] as const
  for (const [path, account, kept] of reserves) {
    if (account !== undefined && kept.some((name) => name === account))
      report(path, `${account} is kept by the network itself: it is nobody's reserve`)
  }
  if (stabiliser && stabiliser.floor > stabiliser.ceiling)
    report(
      'stabiliser.floor',
      `the floor is not above the ceiling: got ${formatPercent(stabiliser.floor)} and ${formatPercent(stabiliser.ceiling)}`,
    )
  for (const key of ['net', 'income'] as const) {
    const range = bounds?.[key]
    if (range && range[0] > range[1])
      report(`bounds.${key}`, `the lower bound is not above the upper: got ${range[0]} and ${range[1]}`)
  }
  if (buyback && buyback.maxShare > WHOLE)
    report('buyback.maxShare', `at most 100% is bought back: got ${formatPercent(buyback.maxShare)}`)
  if (orderFee !== undefined && orderFee > WHOLE)
    report('orderFee', `at most 100% of an order is its fee: got ${formatPercent(orderFee)}`)
  if (governance?.multisig && governance.multisig.m > governance.multisig.n) {
    const { m, n } = governance.multisig
    report('governance.multisig.m', `m is not above n: got ${m} of ${n}`)
  }
}

function checkGenesis({ genesis, era }: Policy, report: Report): void {
  if (!genesis) return
  const at = (position: number): number | string => formatPosition(era.calendar, position)
  let vested = 0n
  for (const [account, { vesting }] of Object.entries(genesis.accounts)) {
    if (account.startsWith('@'))
      report(`genesis.accounts.${account}`, 'a system account is listed under genesis.system')
    vesting.forEach(({ from, cliff, to, amount }, v) => {
      const path = `genesis.accounts.${account}.vesting[${v}]`
      if (from >= to) report(`${path}.to`, `a vesting ends after it begins: got ${at(from)} to ${at(to)}`)
      if (cliff < from || cliff > to)
        report(`${path}.cliff`, `a cliff lies inside its vesting: got ${at(cliff)}`)
      if (isByBlock(era.calendar) !== from < 1e10)
        report(
          `${path}.from`,
          `positions of this network are ${isByBlock(era.calendar) ? 'blocks' : 'moments'}: got ${from}`,
        )
      vested += amount
    })
  }
  const given = genesis.system[VESTING]
  if (given !== undefined && given !== vested) {
    report(`genesis.system.${VESTING}`, `it holds what is still to vest: ${vested}, got ${given}`)
  }
}

/** Two spellings of one account would be read as one, and what one of them has be lost. */
function checkSpellings(json: Record<string, unknown>, report: Report): void {
  const { accounts = {} } = (json.genesis ?? {}) as { accounts?: object }
  const seen = new Set<Account>()
  for (const spelling of Object.keys(accounts)) {
    const account = normaliseAccount(spelling)
    if (seen.has(account)) report(`genesis.accounts.${spelling}`, `${account} is there in another spelling`)
    seen.add(account)
  }
}

/** Shares of income are followed through this many stages without rounding. */
const EXACT = WHOLE ** 8n

/**
 * What is due to providers must be covered by the income that was priced for it. A share is the most that can come
 * of it: what fixed amounts and other dues take on the way is not known here.
 */
function checkObligations(policy: Policy, report: Report): void {
  const { pricing } = policy
  if (!pricing) return
  const admitted = Object.values(policy.income).reduce((most, { admit }) => max(most, admit), 0n)
  const reach = new Map<Account, bigint>([[POOL, (EXACT * admitted) / WHOLE]])
  const pay = (to: string, share: bigint): void => {
    if (groupOf(to) === undefined) reach.set(to, (reach.get(to) ?? 0n) + share)
  }
  policy.stages.forEach((stage, s) => {
    const whole = reach.get(stage.from) ?? 0n
    let left = whole
    linesOf(stage).forEach((line, l) => {
      if ('obligation' in line && left > 0n && left * (WHOLE + pricing.margin) < EXACT * WHOLE) {
        const share = formatPercent((left * WHOLE) / EXACT)
        report(
          `${pathOf(s, stage, l)}.obligation`,
          `it is paid out of ${share} of income priced with a margin of ${formatPercent(pricing.margin)}: less than what is due`,
        )
      }
      const ofWhole = 'share' in line ? line.share : 0n
      const ofRest = 'restShare' in line ? line.restShare : 0n
      const share = (whole * ofWhole + left * ofRest) / WHOLE
      pay(line.to, share)
      left -= share
    })
    if (stage.rest !== stage.from) pay(stage.rest, left)
  })
}
