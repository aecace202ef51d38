import { type Inventory, newInventory, supplied } from '../../domain/payout/inventory.ts'
import { type PostDeps, post } from '../../ledger/post.ts'
import { inventoryWrite, readInventory as readRecord } from '../../payouts/records.ts'
import type { Input, Output } from '../operations.ts'
import { ProblemError } from '../problems.ts'
import { commandOf, commandOfPut, type Request } from '../request.ts'
import { presentInventory } from './present.ts'

const PUT = 'PUT /inventories/{asset}'
const DEPOSIT = 'POST /inventories/{asset}/deposits'

/** Makes an inventory, or changes who gets what its payouts are charged. Throws `InventoryDecimals`, `InvalidParameter`, and as `post`. */
export async function putInventory(
  deps: PostDeps,
  { asset, body: { decimals, account } }: Input<typeof PUT>,
  request: Request,
): Promise<Output<typeof PUT>> {
  const before = await deps.store.records.read<Inventory>('INVENTORY', asset)
  const { answer } = await post(deps, {
    ...commandOfPut(request, PUT, before?.version ?? 0),
    change: async ({ policy: { policy } }) => {
      if (asset === policy.asset.symbol) {
        throw new ProblemError(
          'InvalidParameter',
          `asset: an inventory is of another asset than the network's own: got "${asset}"`,
        )
      }
      const stored = await deps.store.records.read<Inventory>('INVENTORY', asset)
      if (stored && stored.value.decimals !== decimals) {
        throw new ProblemError(
          'InventoryDecimals',
          `the decimals of an asset never change: ${asset} has ${stored.value.decimals}, not ${decimals}`,
        )
      }
      const inventory = stored ? { ...stored.value, account } : newInventory({ asset, decimals, account })
      return { moves: [], records: [inventoryWrite(inventory, stored?.version ?? 0)], answer: inventory }
    },
  })
  return presentInventory(answer as Inventory)
}

/** Puts more into an inventory. Throws `UnknownInventory`, `TooMuchInventory`, and as `post`. */
export async function depositInventory(
  deps: PostDeps,
  { asset, body: { amount } }: Input<typeof DEPOSIT>,
  request: Request,
): Promise<Output<typeof DEPOSIT>> {
  const { answer } = await post(deps, {
    ...commandOf(request, DEPOSIT),
    change: async () => {
      const { value, version } = await readRecord(deps.store, asset)
      const inventory = supplied(value, BigInt(amount))
      return { moves: [], records: [inventoryWrite(inventory, version)], answer: inventory }
    },
  })
  return presentInventory(answer as Inventory)
}

/** What there is to be paid out of. Throws `UnknownInventory`. */
export async function readInventory(
  { store }: PostDeps,
  { asset }: Input<'GET /inventories/{asset}'>,
): Promise<Output<'GET /inventories/{asset}'>> {
  return presentInventory((await readRecord(store, asset)).value)
}
