import * as z from 'zod'
import { SCHEDULES } from '../../domain/payout/preference.ts'
import { ASSET_RULE, isAsset } from '../../domain/payout/rate.ts'
import {
  account,
  accountParam,
  amount,
  amountMoved,
  cursorParam,
  era,
  idParam,
  limitParam,
  moment,
  next,
  quantity,
} from './fields.ts'

/** Requests and responses about payouts, and the inventories they are paid out of. */

const ASKED_RULE = 'what is asked for is "all", or a whole number from 1 to 10^38 - 1 as a decimal string'
const DESTINATION_RULE = 'a destination is 1 to 256 printable ASCII characters'
const DECIMALS_RULE = 'decimals are a whole number from 0 to 18'

const asset = z
  .string(ASSET_RULE)
  .refine(isAsset, ASSET_RULE)
  .meta({
    description: 'An asset by its name.',
    example: 'USDC',
    override: { pattern: '^[A-Za-z0-9._-]{1,64}$' },
  })

const destination = z
  .string(DESTINATION_RULE)
  .regex(/^[\x20-\x7e]{1,256}$/, DESTINATION_RULE)
  .meta({
    description:
      'Where it goes, in the words of whoever moves the money. The account itself where it is not said.',
    example: '0x52908400098527886e0f7030069857d2e4169ee7',
  })

const assetWanted = asset.meta({
  description:
    "What leaves: the network's own asset where it is not said, or one of the policy's `payout.assets`.",
})

export const payoutPath = z.strictObject({
  id: idParam.meta({ description: 'The id it was answered with.', example: '3f9a62d1c04b7e8812aa90c1de' }),
})

export const payoutBody = z.strictObject({
  amount: z
    .string(ASKED_RULE)
    .regex(/^(all|[1-9][0-9]{0,37})$/, ASKED_RULE)
    .meta({
      description: "Base units of the network's asset above 0, or `all` that is available when it happens.",
      example: '7000',
    }),
  asset: assetWanted.optional(),
  destination: destination.optional(),
})

const STATES = ['REQUESTED', 'TIMELOCKED', 'RELEASED', 'CONFIRMED', 'FAILED', 'CANCELLED'] as const

const state = z.enum(STATES).meta({
  description:
    'REQUESTED: may be released at once. TIMELOCKED: not before `releaseAt`. RELEASED: whoever moves the money was told to. ' +
    'CONFIRMED: it has left. FAILED, CANCELLED: it has not, and is available again.',
})

const problem = z
  .strictObject({ code: z.string().meta({ example: 'NoRate' }), words: z.string() })
  .meta({ id: 'PayoutReason', description: 'Why not: the code of a problem, and the rule with what it met.' })

export const payoutResponse = z
  .strictObject({
    id: z.string(),
    account,
    state,
    asked: amount.meta({ description: 'What was asked for.' }),
    amount: amount.meta({
      description:
        'What of it is held, and charged in the end: in another asset only what `out` takes, the rest stayed.',
    }),
    out: amount.meta({ description: 'What leaves, in its own asset.' }),
    rate: z
      .strictObject({
        id: z.string().meta({ description: 'The report it comes from.' }),
        era,
        numerator: quantity,
        denominator: quantity,
      })
      .optional()
      .meta({
        description: 'Frozen when it was asked for: out = floor(asked x numerator / denominator).',
      }),
    destination,
    requestedAt: moment,
    releaseAt: moment.meta({ description: 'Not released before, by the network clock.' }),
    waitsFor: z
      .strictObject({ at: moment, reason: problem })
      .optional()
      .meta({ description: 'Why it was not released when it was due; tried again later.' }),
    history: z.array(z.strictObject({ state, at: moment })).meta({ description: 'Every state it was in.' }),
  })
  .meta({ id: 'Payout' })

export const payoutsQuery = z.strictObject({ cursor: cursorParam, limit: limitParam })

export const payoutsResponse = z
  .strictObject({ account, payouts: z.array(payoutResponse).meta({ description: 'Newest first.' }), next })
  .meta({ id: 'Payouts' })

const schedule = z.enum(SCHEDULES).meta({
  description: 'weekly: Monday, monthly: the first, 00:00 UTC by the network clock.',
})

const least = 'Less than this waits for the next period.'

export const preferenceBody = z.strictObject({
  schedule,
  minimum: amountMoved.optional().meta({ description: least }),
  asset: assetWanted.optional(),
  destination: destination.optional(),
})

export const preferenceResponse = z
  .strictObject({
    account,
    schedule,
    minimum: amount.optional().meta({ description: least }),
    asset: assetWanted.optional(),
    destination: destination.optional(),
    dueAt: moment
      .optional()
      .meta({ description: 'When the next period begins; all available is paid out then.' }),
    lastOutcome: z
      .strictObject({
        at: moment,
        outcome: z.enum(['REQUESTED', 'SKIPPED', 'STOPPED']),
        payout: z.string().optional().meta({ description: 'The payout that was made.' }),
        reason: problem.optional(),
      })
      .optional()
      .meta({ description: 'What came of the last period, or why nothing did.' }),
  })
  .meta({ id: 'PayoutPreference' })

export const inventoryPath = z.strictObject({ asset })

export const inventoryBody = z.strictObject({
  decimals: z
    .int(DECIMALS_RULE)
    .min(0, DECIMALS_RULE)
    .max(18, DECIMALS_RULE)
    .meta({ description: 'Of the asset; they never change.', example: 6 }),
  account: accountParam.meta({
    description: "The participant who gets what payouts out of it are charged, in the network's asset.",
    example: 'exchange-desk',
  }),
})

export const inventoryDepositBody = z.strictObject({ amount: amountMoved })

export const inventoryResponse = z
  .strictObject({
    asset,
    account,
    balance: amount.meta({ description: 'What new payouts may take.' }),
    reserved: amount.meta({ description: 'What payouts under way have taken.' }),
    deposited: amount.meta({ description: 'balance + reserved + spent.' }),
    spent: amount.meta({ description: 'What has left.' }),
  })
  .meta({ id: 'Inventory' })
