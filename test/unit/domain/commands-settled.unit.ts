import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accountOrder, isSystem } from '../../../shared/domain/account.ts'
import { sum } from '../../../shared/domain/money.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { canonicalJson } from '../../../shared/domain/policy/policy.ts'
import { eraResult } from '../../../shared/domain/simulate.ts'
import { seeded } from '../../differential/random.ts'
import { Acting } from '../../support/acting.ts'
import type { Json } from '../../support/policies.ts'
import {
  type Action,
  busyPolicy,
  ERAS,
  enrich,
  randomActions,
  reflectingPolicy,
} from '../../support/random-commands.ts'
import { settle } from '../../support/settled.ts'

const RUNS = { numRuns: 60 }
const policies = fc.constantFrom(busyPolicy, reflectingPolicy)

/** Every era in its turn; those that `late` names are settled only when the next one has been acted in. */
async function run(
  json: Json,
  actions: readonly Action[],
  { late = [], ...options }: { shards?: number; partitions?: number; late?: readonly boolean[] } = {},
): Promise<Acting> {
  const acting = new Acting(json, options)
  enrich(acting)
  for (let era = 0; era < ERAS; era += 1) {
    for (const { after, moves } of actions.filter((action) => action.era === era)) acting.act(moves, after)
    acting.close()
    if (late[era] && era < ERAS - 1) continue
    while (acting.settled.length < acting.openEra) await acting.settle()
  }
  return acting
}

const sealsOf = ({ settled }: Acting) => settled.map(({ seal }) => canonicalJson(seal))
const rowsOf = ({ settled }: Acting) =>
  settled.map(({ statements }) =>
    statements
      .flatMap(({ rows }) => rows)
      .sort((a, b) => (accountOrder(a.account) < accountOrder(b.account) ? -1 : 1)),
  )

describe('how the work is spread does not matter to what commands told', () => {
  it('1, 4 and 16 partitions and 1 to 7 shards come to the same eras and the same statements', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomActions,
        policies,
        fc.integer({ min: 2, max: 7 }),
        async (actions, policy, shards) => {
          const one = await run(policy(), actions, { shards: 1, partitions: 1 })
          for (const partitions of [4, 16]) {
            const other = await run(policy(), actions, { shards, partitions })
            expect(other.settled.map(eraResult)).toEqual(one.settled.map(eraResult))
            expect(rowsOf(other)).toEqual(rowsOf(one))
          }
        },
      ),
      RUNS,
    )
  })

  it('the same commands of an era in any order come to byte-identical seals', async () => {
    await fc.assert(
      fc.asyncProperty(randomActions, policies, fc.integer(), async (actions, policy, order) => {
        const once = await run(policy(), actions)
        const shuffled = await run(policy(), seeded(order).shuffle([...actions]))
        expect(sealsOf(shuffled)).toEqual(sealsOf(once))
        expect(rowsOf(shuffled)).toEqual(rowsOf(once))
      }),
      RUNS,
    )
  })

  it('eras that are settled while accounts already act in the next come to what they come to before that', async () => {
    const late = fc.array(fc.boolean(), { minLength: ERAS, maxLength: ERAS })
    await fc.assert(
      fc.asyncProperty(randomActions, policies, late, async (actions, policy, eras) => {
        const [once, behind] = [await run(policy(), actions), await run(policy(), actions, { late: eras })]
        expect(sealsOf(behind)).toEqual(sealsOf(once))
        expect(rowsOf(behind)).toEqual(rowsOf(once))
      }),
      RUNS,
    )
  })
})

describe('what commands told is settled', () => {
  it('to what events that say the same come to', async () => {
    await fc.assert(
      fc.asyncProperty(randomActions, async (all) => {
        const actions = all.filter(({ events }) => events !== undefined)
        const events = actions.flatMap(({ events = [] }) => events)
        const byEvents = await settle(busyPolicy(), events, ERAS)
        const byCommands = await run(busyPolicy(), actions)
        expect(byCommands.settled.map(eraResult)).toEqual(byEvents.results)
        expect(byCommands.settled.map(({ seal }) => seal.income)).toEqual(
          byEvents.eras.map(({ seal }) => seal.income),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('to the unit: what accounts, the network and outboxes have never changes, and every era adds up', async () => {
    let told = 0
    await fc.assert(
      fc.asyncProperty(randomActions, policies, async (actions, policy) => {
        const acting = new Acting(policy())
        const given = enrich(acting)
        const everything = () =>
          sum([
            ...acting.accounts.map(balanceOf),
            ...acting.accounts.flatMap(({ outbox }) =>
              outbox.map((fact) => (fact.of === 'Charge' || fact.of === 'Slash' ? fact.amount : 0n)),
            ),
            ...Object.values(acting.network.system.balances),
          ])
        for (let era = 0; era < ERAS; era += 1) {
          for (const { after, moves } of actions.filter((action) => action.era === era)) {
            acting.act(moves, after)
            expect(everything()).toBe(given)
          }
          const { plan, seal, statements } = await acting.end()
          expect(everything()).toBe(given)
          const rows = statements.flatMap(({ rows }) => rows).filter(({ account }) => !isSystem(account))
          const taken = sum(
            seal.postings.filter(({ from }) => from === '@charged').map(({ amount }) => amount),
          )
          expect(sum(Object.values(seal.opening)) + taken).toBe(
            sum(Object.values(seal.system)) + sum(rows.map(({ credited }) => credited)),
          )
          expect(plan.facts).toBe(rows.reduce((facts, row) => facts + (row.facts ?? 0), 0))
          expect(acting.accounts.flatMap(({ outbox }) => outbox)).toEqual([])
          told += plan.facts
        }
      }),
      RUNS,
    )
    expect(told).toBeGreaterThan(500)
  })
})
