/** What the network itself says on its bus. Nobody else may use this `source`, and ingest never sees it. */
export const PUBLISHED_SOURCE = 'exchequer'

export type PublishedName =
  | 'EraSealed'
  | 'EraHeld'
  | 'EventsQuarantined'
  | 'PayoutReleased'
  | 'ProposalExecuted'
