import { hash } from 'node:crypto'

/** A participant (`[A-Za-z0-9:._-]`, 1 to 128) or a system account (`@name`, `@rollover:group`). */
export type Account = string

const PARTICIPANT = /^[A-Za-z0-9:._-]{1,128}$/
const SYSTEM = /^@[a-z][a-z0-9-]{0,63}$/
const EVM_ADDRESS = /^0x[0-9a-fA-F]{40}$/

export function isParticipant(text: string): boolean {
  return PARTICIPANT.test(text)
}

/** True for the name of a system account that a policy may use; `@` is not legal in a participant's name. */
export function isSystemAccountName(text: string): boolean {
  return SYSTEM.test(text) && text !== EXTERNAL && text !== CHARGED
}

export function isSystem(account: Account): boolean {
  return account.charCodeAt(0) === 0x40
}

/** One spelling for an account at every boundary: EVM addresses (0x and 40 hex digits) are lower-cased. */
export function normaliseAccount(text: string): Account {
  return EVM_ADDRESS.test(text) ? text.toLowerCase() : text
}

/** The world outside, in postings; no account. */
export const EXTERNAL = '@external'
/** In postings, what commands have taken from accounts for the network and no era has counted yet; no account. */
export const CHARGED = '@charged'
export const POOL = '@pool'
export const DEFERRED = '@deferred'
export const EXPENSES = '@expenses'
export const OPERATOR = '@operator'
export const VESTING = '@vesting'

/** Whether a side of a posting is only a name: what comes from there comes from outside the network's own accounts. */
export function isOutside(account: Account): boolean {
  return account === EXTERNAL || account === CHARGED
}

export function rolloverOf(group: string): Account {
  return `@rollover:${group}`
}

/** Accounts are spread over this many pages; a page is one item of the table. 2^14. */
export const PAGES = 16_384

/** Default number of partitions, each a run of neighbouring pages, settled side by side. A constant of the network. */
export const PARTITIONS = 16

/** The order of accounts in every cascade: lower-case hex of sha-256(account). */
export function accountOrder(account: Account): string {
  return hash('sha256', account, 'hex')
}

/** Page of an account: the first 14 bits of sha-256(account). */
export function pageOf(account: Account): number {
  return Number.parseInt(accountOrder(account).slice(0, 4), 16) >> 2
}

/** Partition of a page: pages are dealt in runs, so partitions follow the order of the cascade. */
export function partitionOfPage(page: number, partitions: number): number {
  return Math.floor((page * partitions) / PAGES)
}

export function partitionOf(account: Account, partitions: number): number {
  return partitionOfPage(pageOf(account), partitions)
}
