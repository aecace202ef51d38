import * as z from 'zod'
import { DEFERRED, isSystemAccountName, VESTING } from '../../domain/account.ts'
import { MAX_STAKES } from '../../domain/staking.ts'
import {
  account,
  accountParam,
  amount,
  amountMoved,
  command,
  era,
  idParam,
  moment,
  position,
} from './fields.ts'

/** Requests and responses about what an account stakes. */

const LOT_RULE = 'a stake is called by 1 to 64 of A-Z a-z 0-9 : . _ -'
const LOCK_RULE = 'a lock is a whole number of seconds, from 0 to 100 years'
const REASON_RULE = 'a reason is 1 to 256 characters, none of them a control character'
const TO_RULE = 'what is slashed goes to a system account that the network does not keep for itself'

/** As long as the lock of a reported stake may be. */
const MAX_LOCK_SECONDS = 100 * 366 * 86_400

const lot = z.string().meta({ description: 'What the stake is called in its account.', example: 'node-1' })
const lockSeconds = z.int().nonnegative().meta({ description: 'Length of its lock.', example: 7_776_000 })

export const stakeBody = z.strictObject({
  amount: amountMoved,
  lot: z
    .string(LOT_RULE)
    .regex(/^[A-Za-z0-9:._-]{1,64}$/, LOT_RULE)
    .optional()
    .meta({ description: 'What to call the stake; made from the command where it is not said.' }),
  lockSeconds: z.int(LOCK_RULE).min(0, LOCK_RULE).max(MAX_LOCK_SECONDS, LOCK_RULE).default(0).meta({
    description: 'Not before so many seconds may it be unstaked; weights may count longer locks for more.',
  }),
})

export const lotPath = z.strictObject({ account: accountParam, lot: idParam })

export const unstakeBody = z.strictObject({
  amount: amountMoved.optional().meta({ description: 'All of the stake where it is not said.' }),
})

export const slashBody = z.strictObject({
  lot: idParam,
  amount: amountMoved,
  to: z
    .string(TO_RULE)
    .refine((to) => isSystemAccountName(to) && to !== DEFERRED && to !== VESTING, TO_RULE)
    .default('@burn')
    .meta({ description: 'The system account it goes to, when the era is settled.' }),
  reason: z.string(REASON_RULE).regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, REASON_RULE),
})

const done = {
  command,
  era: era.meta({ description: 'The era it belongs to: the one that was open.' }),
  at: moment.meta({ description: 'When it happened, by the network clock.' }),
}

export const stakeResponse = z
  .strictObject({
    ...done,
    account,
    lot,
    amount,
    lockSeconds,
    lockedUntil: moment.meta({ description: 'The first moment in which it may be unstaked.' }),
  })
  .meta({ id: 'StakeMade' })

export const unstakeResponse = z
  .strictObject({
    ...done,
    account,
    lot,
    amount: amount.meta({ description: 'What was unstaked: it weighs no more from `at` on.' }),
    returnsAt: moment.meta({ description: 'When it is available again, by itself.' }),
  })
  .meta({ id: 'StakeEnded' })

export const slashResponse = z
  .strictObject({ ...done, account, lot, amount, to: account, reason: z.string(), by: account })
  .meta({ id: 'StakeSlashed' })

const heldHere = z
  .strictObject({
    origin: z.literal('held'),
    lot,
    amount,
    lockSeconds,
    from: position.meta({ description: 'From then on it weighs.' }),
    lockedUntil: moment.meta({ description: 'The first moment in which it may be unstaked.' }),
    until: position.optional().meta({ description: 'From then on it weighs no more: it was unstaked.' }),
    returnsAt: moment.optional().meta({ description: 'When what was unstaked is available again.' }),
  })
  .meta({ id: 'HeldStake', description: 'Tokens of the account, staked here.' })

const reported = z
  .strictObject({
    origin: z.literal('reported'),
    lot,
    amount,
    lockSeconds,
    reportedAt: moment.meta({ description: 'Moment of the report.' }),
  })
  .meta({
    id: 'ReportedStake',
    description: 'Staked elsewhere and reported: it weighs, but no tokens of it are here to be unstaked.',
  })

export const stakesResponse = z
  .strictObject({
    account,
    stakes: z.array(z.discriminatedUnion('origin', [heldHere, reported])).meta({
      description: `At most ${MAX_STAKES} that are held here, then those reported from outside, as sealed eras left them.`,
    }),
  })
  .meta({ id: 'Stakes' })
