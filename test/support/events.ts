import type {
  BusEvent,
  CostIncurred,
  Event,
  FeeCharged,
  MetricReported,
  ObligationDue,
  ParticipantChanged,
  SpreadEnded,
  StakeReported,
  Status,
} from '../../shared/domain/event.ts'
import { EVENT_NAMES, readEvent } from '../../shared/events/contracts.ts'
import { START_MS } from './policies.ts'

/** An event as it is sent, one or an array of them in an entry. */
export interface SentEvent {
  'detail-type': string
  detail: { data: unknown }
}

/** Reads what was sent by its contract. Throws where it would be quarantined. */
export function readSent({ 'detail-type': type, detail }: SentEvent): BusEvent[] {
  const name = EVENT_NAMES.find((known) => known === type)
  if (name === undefined) throw new Error(`no event is called ${type}`)
  return (Array.isArray(detail.data) ? detail.data : [detail.data]).map((data) => {
    const read = readEvent(name, data)
    if ('event' in read) return read.event
    throw new Error(`${name} ${JSON.stringify(data)}: ${read.rejection.rule}: ${read.rejection.message}`)
  })
}

/** Builders of events as the domain knows them; what a test does not state is the beginning of the first era. */
type Rest<E extends Event> = Partial<Omit<E, 'name'>>
const base = { occurredAt: START_MS }

export function fee(id: string, amount: bigint, rest: Rest<FeeCharged> = {}): FeeCharged {
  return { name: 'FeeCharged', kind: 'fee', ...base, id, amount, ...rest }
}

export function cost(
  id: string,
  amount: bigint,
  payer?: string,
  rest: Rest<CostIncurred> = {},
): CostIncurred {
  return {
    name: 'CostIncurred',
    kind: 'cost',
    ...base,
    id,
    amount,
    ...(payer === undefined ? {} : { payer }),
    ...rest,
  }
}

export function metric(
  account: string,
  name: string,
  value: bigint,
  rest: Rest<MetricReported> = {},
): MetricReported {
  return { name: 'MetricReported', id: `${account}-${name}`, ...base, account, metric: name, value, ...rest }
}

export function stake(account: string, amount: bigint, rest: Rest<StakeReported> = {}): StakeReported {
  return {
    name: 'StakeReported',
    id: `${account}-stake`,
    ...base,
    account,
    amount,
    lot: 'default',
    lockSeconds: 0,
    ...rest,
  }
}

export function role(
  account: string,
  group: string,
  status: Status,
  rest: Rest<ParticipantChanged> = {},
): ParticipantChanged {
  return { name: 'ParticipantChanged', id: `${account}-${group}`, ...base, account, group, status, ...rest }
}

export function due(
  account: string,
  obligation: string,
  amount: bigint,
  rest: Rest<ObligationDue> = {},
): ObligationDue {
  return {
    name: 'ObligationDue',
    id: `${account}-${obligation}`,
    ...base,
    account,
    obligation,
    amount,
    ...rest,
  }
}

export function ending(
  id: string,
  of: FeeCharged | CostIncurred | ObligationDue,
  rest: Rest<SpreadEnded> = {},
): SpreadEnded {
  return { name: 'SpreadEnded', id, ...base, event: of.name, spreadId: of.id, ...rest }
}
