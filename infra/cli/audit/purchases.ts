import type { CostIncurred, Event } from '../../../shared/domain/event.ts'
import type { Purchase } from '../../../shared/domain/facts.ts'
import { purchaseKey } from '../../../shared/store/keys.ts'
import { canonical } from './arithmetic.ts'
import type { Findings } from './finding.ts'
import type { Reading } from './reading.ts'

const EXPENSES = '@expenses'

/** Every cost that was counted is a purchase, told as it was counted, and nothing else is. */
export class Purchases {
  private readonly expected = new Map<string, Purchase>()

  count(era: number, events: readonly Event[]): void {
    for (const event of events)
      if (event.name === 'CostIncurred') this.expected.set(event.id, purchaseOf(event, era))
  }

  /** Eras after `sealedThrough` may have written theirs already. */
  check(reading: Reading, sealedThrough: number, findings: Findings): void {
    for (const [id, purchase] of this.expected) {
      const found = reading.value<Purchase>(purchaseKey(id))
      if (!found)
        findings.say(
          'counting',
          { era: purchase.era },
          `cost ${JSON.stringify(id)} was counted, and its purchase is missing`,
        )
      else
        findings.equal(
          'counting',
          { era: purchase.era },
          `the purchase ${JSON.stringify(id)}`,
          canonical(purchase),
          canonical(found),
        )
    }
    for (const id of reading.named('PURCHASE#')) {
      const found = this.expected.has(id) ? undefined : reading.value<Purchase>(purchaseKey(id))
      if (found && found.era <= sealedThrough)
        findings.say(
          'counting',
          { era: found.era },
          `there is a purchase ${JSON.stringify(id)}, and no such cost was counted`,
        )
    }
  }
}

function purchaseOf(
  { id, kind, amount, payer = EXPENSES, occurredAt, block, details }: CostIncurred,
  era: number,
): Purchase {
  return {
    id,
    buyer: payer,
    kind,
    amount,
    occurredAt,
    era,
    ...(block !== undefined && { block }),
    ...(details !== undefined && { details }),
  }
}
