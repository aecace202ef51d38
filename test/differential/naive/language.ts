/** What the naive evaluator reads and answers: raw JSON, typed only as far as it is read. */

export type Amounts = Record<string, string>
export type NaiveEra = {
  era: number
  state: string
  income: string
  cost: string
  net: string
  draw?: string
  owed?: Amounts
  lines: Record<string, Amounts>
  credits: Amounts
  system: Amounts
}

export type Position = string | number
export type Spread = { from: Position; to: Position }
export type Fact = {
  id: string
  occurredAt: string
  block?: number
  kind: string
  amount: string
  account: string
  payer?: string
  spread?: Spread
  metric: string
  value: string
  group: string
  status: string
  obligation: string
  lot?: string
  lockSeconds?: number
  event: string
  spreadId: string
  refundTo?: string
}
export type Sent = { 'detail-type': string; detail: { data: unknown } }

export type Weight =
  | { const: string }
  | { metric: string }
  | { curve: string; points: [string, string][] }
  | { stakeSeconds: { lockCurve: [string, string][] } }
  | { product: Weight[] }
  | { hybrid: { share: string; weight: Weight }[] }
export type Line = {
  id: string
  to: string
  share?: string
  obligation?: string
  fixed?: string
  topUpTo?: string
  restShare?: string
  cap?: { metric: string }
}
export type Stage = { id: string; from: string; rest: string; split?: Line[]; take?: Line[] }
export type Vesting = { amount: string; from: Position; cliff: Position; to: Position }
export type RawPolicy = {
  era: { every?: string; blocks?: number; from: Position }
  income: Record<string, { admit?: string; restTo?: string; recognise?: string }>
  base: string
  minimum?: string
  loss?: { from: string }
  stages: Stage[]
  groups?: Record<string, { weight: Weight; members?: string; ifEmpty: string }>
  metrics?: Record<string, string>
  stabiliser?: { reserve: string; floor: string; ceiling: string; eras: number }
  buyback?: { from: string; excessOver: string; maxShare: string; then: string }
  bounds?: { net?: [string, string]; income?: [string, string]; change?: string }
  genesis?: {
    system?: Record<string, string>
    accounts?: Record<string, { balance?: string; vesting?: Vesting[] }>
  }
}
