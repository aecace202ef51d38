import type { Plan } from '../domain/plan.ts'
import type { PlanStore } from '../settlement/ports.ts'
import type { Table } from './dynamo.ts'
import { planKey } from './keys.ts'
import { type NewId, readValue, writeValue } from './values.ts'

export function planStore(table: Table, newId: NewId): PlanStore {
  return {
    read: (era) => readValue<Plan>(table, planKey(era)),
    commit: (plan) => writeValue(table, newId, planKey(plan.era), plan),
  }
}
