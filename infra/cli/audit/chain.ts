import type { SystemState } from '../../../shared/domain/plan.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import type { NetworkState } from '../../../shared/settlement/ports.ts'
import { numberOf } from '../../../shared/store/attributes.ts'
import { eraSk, fenceKey, SEALS, stateKey, systemKey } from '../../../shared/store/keys.ts'
import { Amounts, canonical, hex, namesOf } from './arithmetic.ts'
import type { Findings } from './finding.ts'
import type { Policies } from './policies.ts'
import { nameOf, type Reading } from './reading.ts'
import { genesisOf } from './rules.ts'

/** How many nets of sealed eras the network keeps for the stabiliser and the bounds. */
const KEPT_NETS = 64

/** What a network says of itself, and its seals, oldest first. */
export interface Chain {
  state: NetworkState
  system: SystemState
  seals: Seal[]
}

/** Undefined where the table holds no network. */
export function readChain(reading: Reading, findings: Findings): Chain | undefined {
  const item = reading.get(stateKey)
  const system = reading.value<SystemState>(systemKey)
  if (!item || !system) {
    findings.say('chain', {}, `the table has no ${item ? 'SYSTEM' : 'STATE'}: there is no network in it`)
    return undefined
  }
  const state: NetworkState = {
    openEra: numberOf(item, 'openEra'),
    closedThrough: numberOf(item, 'closedThrough'),
    sealedThrough: numberOf(item, 'sealedThrough'),
    policyVersion: numberOf(item, 'policyVersion'),
    shards: numberOf(item, 'shards'),
    partitions: numberOf(item, 'partitions'),
    closedAt: numberOf(item, 'closedAt'),
  }
  const seals = reading.all(SEALS).flatMap(([sk, item]) => {
    const seal = reading.valueOf<Seal>(item)
    if (seal)
      findings.equal('chain', { item: nameOf({ pk: SEALS, sk }) }, 'the era of the seal', sk, eraSk(seal.era))
    return seal ? [seal] : []
  })
  return { state, system, seals }
}

/** Invariant 4: seals follow each other without a gap, each is what its hash says, and names the one before. */
export function checkChain(chain: Chain, policies: Policies, reading: Reading, findings: Findings): void {
  const { state, seals } = chain
  let next = 0
  let hash = ''
  for (const seal of seals) {
    const { era, through } = seal
    findings.guard('chain', { era }, () => {
      if (era > next) findings.say('chain', { era: next }, `no seal covers it, and era ${era} is sealed`)
      if (era < next) findings.say('chain', { era }, `it is sealed again: a seal before it covers it`)
      if (through < era) findings.say('chain', { era }, `its seal says that it goes through era ${through}`)
      const { hash: said, ...body } = seal
      findings.equal('chain', { era }, 'the hash of its seal', hex(canonical(body)), said)
      findings.equal('chain', { era }, 'the hash of the seal before', hash, seal.previousHash)
      checkRuling(seal, policies, findings)
      hash = said
    })
    next = Math.max(next, through + 1)
  }
  findings.equal('chain', {}, 'sealedThrough of STATE', next - 1, state.sealedThrough)
  findings.equal('chain', {}, 'openEra of STATE, after closedThrough', state.closedThrough + 1, state.openEra)
  if (state.sealedThrough > state.closedThrough)
    findings.say(
      'chain',
      {},
      `era ${state.sealedThrough} is sealed, but eras are closed through ${state.closedThrough}`,
    )
  for (const [sk, item] of reading.all(fenceKey(0).pk))
    findings.equal('chain', { item: `FENCE / ${sk}` }, 'the open era', state.openEra, Number(item.openEra?.N))
  if (reading.all(fenceKey(0).pk).length === 0)
    findings.say('chain', {}, 'the table has no FENCE: no command can be done')
  findings.guard('chain', {}, () => checkSystem(chain, policies, reading, findings))
}

function checkRuling(
  { era, through, from, to, ...seal }: Seal,
  policies: Policies,
  findings: Findings,
): void {
  const rules = policies.of(era)
  findings.equal('chain', { era }, 'the policy version that rules it', rules.version, seal.policyVersion)
  findings.equal('chain', { era }, 'the hash of the policy', rules.hash, seal.policyHash)
  findings.equal('chain', { era }, 'its first position', rules.start(era), from)
  findings.equal('chain', { era }, 'the first position after it', rules.start(through + 1), to)
  if (policies.of(through) !== rules)
    findings.say(
      'chain',
      { era },
      `one seal covers it and era ${through}, which another policy version rules`,
    )
}

/** The network's own accounts are those of the last seal, and each seal goes on from the one before. */
function checkSystem(
  { seals, system }: Chain,
  policies: Policies,
  reading: Reading,
  findings: Findings,
): void {
  let before = Amounts.from(Object.fromEntries(genesisOf(policies.first.raw).system))
  for (const seal of seals) {
    sameBalances({ era: seal.era }, 'when it began', before, Amounts.from(seal.opening), findings)
    before = Amounts.from(seal.system)
  }
  sameBalances({ item: 'SYSTEM / .' }, 'after the last seal', before, Amounts.from(system.balances), findings)
  const last = seals.at(-1)
  findings.equal('chain', {}, 'the last seal that SYSTEM follows', last?.hash ?? '', system.sealHash)
  findings.equal('chain', {}, 'the version of SYSTEM, one for each seal', seals.length, system.version)
  const version = Number(reading.get(systemKey)?.version?.N)
  findings.equal('chain', {}, 'the version beside SYSTEM', system.version, version)
  const nets = netsOf(seals).slice(-KEPT_NETS)
  if (nets.join() !== system.history.join())
    findings.say('chain', {}, `SYSTEM remembers the nets ${system.history.join()}: ${nets.join()} expected`)
}

function sameBalances(
  place: { era?: number; item?: string },
  when: string,
  expected: Amounts,
  found: Amounts,
  findings: Findings,
): void {
  for (const account of namesOf(expected, found)) {
    const what = `the balance of ${account} ${when}`
    findings.equal('chain', { ...place, account }, what, expected.of(account), found.of(account))
  }
}

/** The net of every sealed era, a loss as 0; a seal of several eras says it of each. */
export function netsOf(seals: readonly Seal[]): bigint[] {
  return seals.flatMap(({ era, through, net }) => {
    const count = Math.min(through - era + 1, KEPT_NETS)
    return Array.from({ length: count }, () => (net > 0n ? net : 0n))
  })
}
