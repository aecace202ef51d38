import { vi } from 'vitest'
import { commandOfDeposit } from '../../../shared/domain/moves.ts'
import { post } from '../../../shared/ledger/post.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { stateOf } from '../../support/ledger.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS, type Json, START_MS } from '../../support/policies.ts'
import type { Request } from './gateway.ts'

/** A network on a manual clock with the handlers that accounts act through, over a table of its own. */
export interface Acting extends TestNetwork {
  handlers: { accounts: unknown; transfers: unknown; stakes: unknown }
  /** Gives an account tokens from outside. */
  give(account: string, amount: bigint): Promise<void>
  /** Moves the clock to so many hours after the beginning, and settles what that ends. */
  passTo(hours: number): Promise<void>
  available(account: string): Promise<bigint>
}

/** One engine for a file; a network of its own for whoever asks. */
export async function startActing(): Promise<{
  open(json: Json): Promise<Acting>
  /** A table in which nothing is yet. */
  table(): Promise<Engine>
  stop(): Promise<void>
}> {
  const engine = await startEngine()
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
  return {
    async open(json) {
      const own = await engine.another()
      const network = testNetwork(own, json)
      await network.advance(hours(0))
      return { ...network, handlers: await handlersOf(own), ...means(network) }
    },
    table: () => engine.another(),
    async stop() {
      vi.unstubAllEnvs()
      await engine.stop()
    },
  }
}

export const hours = (after: number): string => new Date(START_MS + after * HOUR_MS).toISOString()

let given = 0
function means(network: TestNetwork): Pick<Acting, 'give' | 'passTo' | 'available'> {
  const { store } = network
  return {
    async give(account, amount) {
      given += 1
      const event = { name: 'TokensDeposited', id: `given-${given}`, account, amount, occurredAt: 0 } as const
      const { id, moves } = commandOfDeposit(event)
      await post({ store, now: Date.now }, { id, digest: id, change: { moves } })
    },
    async passTo(after) {
      await network.advance(hours(after))
      await network.run()
    },
    available: async (account) => (await stateOf(store, account)).available,
  }
}

/** The handlers as new function instances load them. */
export async function handlersOf({ tableName }: Pick<Engine, 'tableName'>): Promise<Acting['handlers']> {
  vi.resetModules()
  vi.stubEnv('TABLE_NAME', tableName)
  const [accounts, transfers, stakes] = await Promise.all([
    import('../../../functions/api/accounts.ts'),
    import('../../../functions/api/transfers.ts'),
    import('../../../functions/api/stakes.ts'),
  ])
  return { accounts: accounts.handler, transfers: transfers.handler, stakes: stakes.handler }
}

let keys = 0
/** What an account asks for with its own token and a key nobody has used, unless it is said otherwise. */
export function asking(account: string, body: unknown, more: Request & { key?: string } = {}): Request {
  keys += 1
  const { key = `key-${keys}`, path, ...rest } = more
  return {
    path: { account, ...path },
    body,
    claims: { account },
    headers: { 'idempotency-key': key },
    ...rest,
  }
}
