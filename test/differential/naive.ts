/**
 * A second reading of the policy language, kept as plain as it can be: raw JSON in, the eras of a vector out.
 * It was written from the description of the language alone and imports nothing of the engine, so that an
 * agreement of the two means something. Slow and sequential on purpose; nothing but tests may use it.
 */
import {
  add,
  at,
  byCascade,
  byLargestRemainder,
  durationMs,
  LARGEST,
  lower,
  min,
  percent,
  settle,
  sumOf,
  told,
  WHOLE,
} from './naive/arithmetic.ts'
import type {
  Amounts,
  Fact,
  Line,
  NaiveEra,
  Position,
  RawPolicy,
  Sent,
  Spread,
  Vesting,
  Weight,
} from './naive/language.ts'

export type { NaiveEra, RawPolicy, Sent } from './naive/language.ts'

type Held = { fact: Fact; name: string; at: number }
type Running = { fact: Fact; name: string; amount: bigint; moved: bigint; endsAt?: number; ended?: boolean }
type Level = { amount: bigint; lockMs: number; occurredAt: number }

/** Every era that ends by `until`, settled in order. The events are taken in the order in which they were sent. */
export const evaluate = (policy: RawPolicy, sent: readonly Sent[], until: Position): NaiveEra[] => {
  const byBlock = policy.era.blocks !== undefined
  const boundary = (n: number): number => {
    const from = at(policy.era.from)
    if (byBlock) return from + n * (policy.era.blocks ?? 1)
    const [, months] = /^P(\d+)M$/.exec(policy.era.every ?? '') ?? []
    if (months === undefined) return from + n * durationMs(policy.era.every ?? '')
    const start = new Date(from)
    const month = start.getUTCMonth() + n * Number(months)
    const lastDay = new Date(Date.UTC(start.getUTCFullYear(), month + 1, 0)).getUTCDate()
    const midnight = Date.UTC(start.getUTCFullYear(), month, Math.min(start.getUTCDate(), lastDay))
    return midnight + (from - Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()))
  }
  const facts: Held[] = []
  for (const { 'detail-type': name, detail } of sent) {
    for (const fact of (Array.isArray(detail.data) ? detail.data : [detail.data]) as Fact[]) {
      facts.push({ fact, name, at: byBlock ? (fact.block ?? -1) : Date.parse(fact.occurredAt) })
    }
  }

  const system = new Map<string, bigint>()
  const openings = new Map<string, bigint>()
  const vestings: { account: string; grant: Vesting; vested: bigint }[] = []
  for (const [account, amount] of Object.entries(policy.genesis?.system ?? {}))
    add(system, account, BigInt(amount))
  for (const [account, { balance, vesting }] of Object.entries(policy.genesis?.accounts ?? {})) {
    add(openings, lower(account), BigInt(balance ?? '0'))
    for (const grant of vesting ?? []) {
      vestings.push({ account: lower(account), grant, vested: 0n })
      add(system, '@vesting', BigInt(grant.amount))
    }
  }

  const seen = new Set<string>()
  const running: Running[] = []
  const ends = new Map<string, { moment: number; refundTo: string | undefined }>()
  const owed = new Map<string, bigint>()
  const due = new Map<string, Map<string, bigint>>()
  const roles = new Map<string, { status: string; occurredAt: number }>()
  const lots = new Map<string, Level>()
  const nets: bigint[] = []
  let unlabelled = new Map<string, bigint>()
  const eras: NaiveEra[] = []

  for (let n = 0; boundary(n + 1) <= at(until); n++) {
    const [start, end] = [boundary(n), boundary(n + 1)]
    const credits = new Map<string, bigint>()
    const give = (to: string, amount: bigint): void =>
      add(to.startsWith('@') ? system : credits, lower(to), amount)
    const balance = (account: string): bigint => system.get(account) ?? 0n

    const counted: Held[] = []
    // A deposit is posted whenever it comes: what is dated before the first era counts as of that one.
    const early = n === 0 ? facts.filter(({ name, at }) => name === 'TokensDeposited' && at < start) : []
    for (const { fact, name, at } of early) {
      if (seen.has(`${name} ${fact.id}`)) continue
      seen.add(`${name} ${fact.id}`)
      counted.push({ fact, name, at })
    }
    for (const held of facts) {
      const key = `${held.name} ${held.fact.id}`
      if (held.at < start || held.at >= end || seen.has(key)) continue
      seen.add(key)
      counted.push(held)
    }
    counted.sort((a, b) => {
      const apart = Date.parse(a.fact.occurredAt) - Date.parse(b.fact.occurredAt)
      return apart !== 0 ? apart : a.fact.id < b.fact.id ? -1 : 1
    })
    const of = (name: string): Held[] => counted.filter((held) => held.name === name)

    // Spreads of this era and before: what has moved on by the end of the era, or by the moment they were ended.
    // The earliest moment stops a spread; of two at one moment, the first by (occurredAt, id).
    for (const { fact, at: moment } of of('SpreadEnded').sort((a, b) => a.at - b.at)) {
      const key = `${fact.event} ${fact.spreadId}`
      if (!ends.has(key)) ends.set(key, { moment, refundTo: fact.refundTo })
    }
    const recognise = (spreading: Running): bigint => {
      const { from, to } = spreading.fact.spread as Spread
      const stop = ends.get(`${spreading.name} ${spreading.fact.id}`)
      const reached = Math.min(end, at(to), stop?.moment ?? end)
      const elapsed = BigInt(Math.max(0, reached - at(from)))
      const moved = (spreading.amount * elapsed) / BigInt(at(to) - at(from))
      const now = moved > spreading.moved ? moved - spreading.moved : 0n
      spreading.moved += now
      spreading.ended = stop !== undefined
      return now
    }

    // 1. Income.
    let income = 0n
    const feesPaid = new Map<string, bigint>()
    for (const { fact, name } of of('FeeCharged')) {
      const kind = policy.income[fact.kind]
      if (kind === undefined) continue
      const admitted = (BigInt(fact.amount) * percent(kind.admit ?? '100%')) / WHOLE
      give(kind.restTo ?? '@operator', BigInt(fact.amount) - admitted)
      if (fact.payer !== undefined) add(feesPaid, lower(fact.payer), BigInt(fact.amount))
      if (kind.recognise === 'ratable' && fact.spread !== undefined) {
        give('@deferred', admitted)
        running.push({ fact, name, amount: admitted, moved: 0n })
      } else income += admitted
    }
    for (const spreading of running.filter((s) => s.name === 'FeeCharged' && s.ended !== true)) {
      const recognised = recognise(spreading)
      income += recognised
      give('@deferred', -recognised)
      if (!spreading.ended) continue
      const refundTo = ends.get(`FeeCharged ${spreading.fact.id}`)?.refundTo
      give('@deferred', spreading.moved - spreading.amount)
      give(
        refundTo ?? policy.income[spreading.fact.kind]?.restTo ?? '@operator',
        spreading.amount - spreading.moved,
      )
    }
    const opening = balance('@pool')
    give('@pool', income)

    // 2. Costs, and what falls due.
    const current = new Map<string, bigint>()
    const dueNow = new Map<string, Map<string, bigint>>()
    const book = (name: string, fact: Fact, amount: bigint): void => {
      if (name === 'CostIncurred')
        add(current, fact.payer === undefined ? '@expenses' : lower(fact.payer), amount)
      else {
        const claims = dueNow.get(fact.obligation) ?? new Map<string, bigint>()
        dueNow.set(fact.obligation, claims)
        add(claims, lower(fact.account), amount)
      }
    }
    for (const { fact, name } of [...of('CostIncurred'), ...of('ObligationDue')]) {
      if (fact.spread === undefined) book(name, fact, BigInt(fact.amount))
      else running.push({ fact, name, amount: BigInt(fact.amount), moved: 0n })
    }
    for (const spreading of running.filter((s) => s.name !== 'FeeCharged' && s.ended !== true)) {
      book(spreading.name, spreading.fact, recognise(spreading))
    }
    const costPaid = new Map(current)
    const cost = sumOf(current.values()) + sumOf(owed.values())

    // 3 and 4. Net; a loss draws on its reserve.
    const isNet = policy.base === 'net'
    const net = opening + income - (isNet ? cost : 0n)
    const isLoss = isNet && net <= 0n
    let draw = 0n
    if (isLoss) {
      const reserve = policy.loss?.from ?? '@nothing'
      draw = min(balance(reserve), -net)
      give(reserve, -draw)
      give('@pool', draw)
    }
    if (isNet) {
      for (const claims of [owed, current]) {
        for (const [payer, amount] of settle(balance('@pool'), claims)) {
          give('@pool', -amount)
          give(payer, amount)
        }
      }
      for (const [payer, amount] of current) add(owed, payer, amount)
    }

    // 5. Stabiliser.
    const meanOf = (eraCount: number): bigint | undefined => {
      const last = nets.slice(-eraCount)
      return last.length === 0 ? undefined : sumOf(last) / BigInt(last.length)
    }
    const { stabiliser, bounds } = policy
    const mean = stabiliser === undefined ? undefined : meanOf(stabiliser.eras)
    if (stabiliser !== undefined && mean !== undefined && !isLoss) {
      const floor = (mean * percent(stabiliser.floor) + WHOLE - 1n) / WHOLE
      const ceiling = (mean * percent(stabiliser.ceiling)) / WHOLE
      const raised = net < floor ? min(balance(stabiliser.reserve), floor - net) : 0n
      const lowered = net > ceiling ? net - ceiling : 0n
      give('@pool', raised - lowered)
      give(stabiliser.reserve, lowered - raised)
    }

    // 6. What becomes of the pool.
    const isOutside = (value: bigint, range: [string, string] | undefined): boolean =>
      range !== undefined && (value < BigInt(range[0]) || value > BigInt(range[1]))
    const usual = meanOf(4)
    const isHeld =
      isOutside(income, bounds?.income) ||
      isOutside(net, bounds?.net) ||
      (bounds?.change !== undefined && usual !== undefined && net * WHOLE > usual * percent(bounds.change)) ||
      [income, cost, net, balance('@pool')].some((amount) => amount > LARGEST)
    let state = 'DISTRIBUTED'
    if (isLoss) state = sumOf(owed.values()) > 0n ? 'LOSS_SHORT' : 'LOSS_COVERED'
    else if (balance('@pool') < BigInt(policy.minimum ?? '0')) state = 'CARRIED'
    else if (isHeld) {
      state = 'HELD'
      give(`@held:${n}`, balance('@pool'))
      give('@pool', -balance('@pool'))
    }
    nets.push(net > 0n ? net : 0n)

    // Roles, stakes and metrics as they are at the end of the era.
    for (const { fact } of of('ParticipantChanged')) {
      const key = `${fact.group} ${lower(fact.account)}`
      const occurredAt = Date.parse(fact.occurredAt)
      if (occurredAt >= (roles.get(key)?.occurredAt ?? occurredAt))
        roles.set(key, { status: fact.status, occurredAt })
    }
    const stretches: { account: string; amount: bigint; lockMs: number; lengthMs: number }[] = []
    const sinceOf = new Map([...lots.keys()].map((key) => [key, start]))
    const closeStretch = (key: string, to: number): void => {
      const level = lots.get(key)
      const lengthMs = to - (sinceOf.get(key) ?? to)
      const account = key.slice(0, key.indexOf(' '))
      if (level !== undefined)
        stretches.push({ account, amount: level.amount, lockMs: level.lockMs, lengthMs })
      sinceOf.set(key, to)
    }
    for (const { fact, at: moment } of of('StakeReported')) {
      const key = `${lower(fact.account)} ${fact.lot ?? 'default'}`
      const occurredAt = Date.parse(fact.occurredAt)
      if (occurredAt < (lots.get(key)?.occurredAt ?? occurredAt)) continue
      closeStretch(key, moment)
      lots.set(key, { amount: BigInt(fact.amount), lockMs: (fact.lockSeconds ?? 0) * 1000, occurredAt })
    }
    for (const key of lots.keys()) closeStretch(key, end)
    const staked = new Map<string, bigint>()
    for (const [key, level] of lots) add(staked, key.slice(0, key.indexOf(' ')), level.amount)

    const reported = new Map<string, Map<string, bigint>>()
    for (const { fact } of of('MetricReported')) {
      const values = reported.get(fact.metric) ?? new Map<string, bigint>()
      reported.set(fact.metric, values)
      const [account, value, rule] = [
        lower(fact.account),
        BigInt(fact.value),
        policy.metrics?.[fact.metric] ?? 'sum',
      ]
      const before = values.get(account)
      if (rule === 'last' || before === undefined) values.set(account, value)
      else values.set(account, rule === 'max' ? (before > value ? before : value) : before + value)
    }
    const ofSystem: Record<string, Map<string, bigint>> = { costPaid, feesPaid, balance: openings, staked }
    // An account that has nothing of a system metric is read as one without a report of it.
    const metricOf = (account: string, metric: string): bigint | undefined => {
      const own = ofSystem[metric]
      return own === undefined ? reported.get(metric)?.get(account) : own.get(account) || undefined
    }
    const step = (value: bigint, steps: [bigint, bigint][]): bigint =>
      steps.filter(([from]) => from <= value).at(-1)?.[1] ?? 0n
    const weigh = (account: string, weight: Weight): bigint => {
      if ('const' in weight) return BigInt(weight.const)
      if ('metric' in weight) return metricOf(account, weight.metric) ?? 0n
      if ('curve' in weight) {
        const value = metricOf(account, weight.curve)
        const steps = weight.points.map(([from, share]): [bigint, bigint] => [BigInt(from), percent(share)])
        return value === undefined ? 0n : step(value, steps)
      }
      if ('stakeSeconds' in weight) {
        const steps = weight.stakeSeconds.lockCurve.map(([lock, share]): [bigint, bigint] => [
          BigInt(durationMs(lock)),
          percent(share),
        ])
        const own = stretches.filter((stretch) => stretch.account === account)
        return sumOf(own.map((s) => s.amount * BigInt(s.lengthMs) * step(BigInt(s.lockMs), steps)))
      }
      if ('product' in weight)
        return weight.product.reduce((weighed, factor) => weighed * weigh(account, factor), 1n)
      throw new Error('a hybrid stands at the top only')
    }
    const candidates = new Set<string>([
      ...[...reported.values(), ...Object.values(ofSystem)].flatMap((values) => [...values.keys()]),
      ...[...roles.keys(), ...lots.keys()].map((key) => key),
    ])
    for (const key of [...roles.keys()]) candidates.add(key.slice(key.indexOf(' ') + 1))
    for (const key of [...lots.keys()]) candidates.add(key.slice(0, key.indexOf(' ')))
    for (const name of [...candidates])
      if (name.includes(' ') || name.startsWith('@')) candidates.delete(name)

    // 7. Stages.
    const lines: Record<string, Amounts> = {}
    const groupLines: { line: Line; group: string; amount: bigint }[] = []
    for (const stage of policy.stages) {
      if (stage.from === '@pool' && state !== 'DISTRIBUTED') continue
      const total = balance(stage.from)
      let left = total
      const shown: Amounts = {}
      lines[stage.id] = shown
      const pay = (line: Line, amount: bigint): void => {
        left -= amount
        shown[line.id] = String(amount)
        give(stage.from, -amount)
        if (line.obligation !== undefined) return
        if (line.to.startsWith('group:')) groupLines.push({ line, group: line.to.slice(6), amount })
        else give(line.to, amount)
      }
      if (stage.split !== undefined) {
        const shares = stage.split.map((line) => percent(line.share ?? '0%'))
        const amounts = byLargestRemainder(total, [...shares, WHOLE - sumOf(shares)])
        for (const [index, line] of stage.split.entries()) pay(line, amounts[index] ?? 0n)
      }
      for (const line of stage.take ?? []) {
        let amount = 0n
        if (line.obligation !== undefined) {
          for (const claims of [due.get(line.obligation), dueNow.get(line.obligation)]) {
            if (claims === undefined) continue
            const paid = settle(left - amount, claims)
            for (const [account, part] of paid) give(account, part)
            amount += sumOf(paid.values())
          }
        } else if (line.fixed !== undefined) amount = min(left, BigInt(line.fixed))
        else if (line.topUpTo !== undefined) {
          const gap = BigInt(line.topUpTo) - balance(line.to)
          amount = gap > 0n ? min(left, gap) : 0n
        } else amount = (left * percent(line.restShare ?? '0%')) / WHOLE
        pay(line, amount)
      }
      if (left > 0n) shown.rest = String(left)
      give(stage.from, -left)
      give(stage.rest, left)
    }
    for (const [obligation, claims] of dueNow) {
      const former = due.get(obligation) ?? new Map<string, bigint>()
      due.set(obligation, former)
      for (const [account, amount] of claims) add(former, account, amount)
    }

    // 8. Groups.
    const overflows: { to: string; amount: bigint }[] = []
    for (const { line, group, amount } of groupLines) {
      const {
        weight,
        members = 'any',
        ifEmpty,
      } = policy.groups?.[group] ?? { weight: { const: '0' }, ifEmpty: '@' }
      const rollover = `@rollover:${group}`
      const whenEmpty = ifEmpty === 'rollover' ? rollover : ifEmpty
      const total = amount + balance(rollover)
      give(rollover, -balance(rollover))
      const parts = 'hybrid' in weight ? weight.hybrid : [{ share: '100%', weight }]
      const amounts = byLargestRemainder(
        total,
        parts.map((part) => percent(part.share)),
      )
      const received = new Map<string, bigint>()
      for (const [index, part] of parts.entries()) {
        const weights = new Map<string, bigint>()
        for (const account of candidates) {
          const status = roles.get(`${group} ${account}`)?.status
          const isMember = members === 'registered' ? status === 'active' : (status ?? 'active') === 'active'
          const weighed = isMember ? weigh(account, part.weight) : 0n
          if (weighed > 0n) weights.set(account, weighed)
        }
        const partAmount = amounts[index] ?? 0n
        if (weights.size === 0) give(whenEmpty, partAmount)
        else for (const [account, share] of byCascade(partAmount, weights)) add(received, account, share)
      }
      for (const [account, share] of received) {
        const most = line.cap === undefined ? share : min(share, metricOf(account, line.cap.metric) ?? 0n)
        give(account, most)
        overflows.push({ to: whenEmpty, amount: share - most })
      }
    }

    // 9. Buyback and vesting; then what the caps left over.
    if (policy.buyback !== undefined) {
      const { from, excessOver, maxShare, then } = policy.buyback
      const excess = balance(from) - BigInt(excessOver)
      const bought = excess > 0n ? min((percent(maxShare) * balance(from)) / WHOLE, excess) : 0n
      give(from, -bought)
      give(then, bought)
    }
    for (const vesting of vestings) {
      const { amount, from, cliff, to } = vesting.grant
      if (end < at(cliff)) continue
      const elapsed = BigInt(Math.max(0, Math.min(end, at(to)) - at(from)))
      const vested = (BigInt(amount) * elapsed) / BigInt(at(to) - at(from))
      give('@vesting', vesting.vested - vested)
      give(vesting.account, vested - vesting.vested)
      vesting.vested = vested
    }
    for (const { to, amount } of overflows) give(to, amount)

    eras.push({
      era: n,
      state,
      income: String(income),
      cost: String(cost),
      net: String(net),
      ...(isLoss ? { draw: String(draw), owed: told(owed) } : {}),
      lines,
      credits: told(credits),
      system: told(system),
    })

    // A credit of this era belongs to the opening of the era after the next; a deposit to that of the next.
    for (const [account, amount] of unlabelled) add(openings, account, amount)
    unlabelled = credits
    for (const { fact } of of('TokensDeposited')) add(openings, lower(fact.account), BigInt(fact.amount))
  }
  return eras
}
