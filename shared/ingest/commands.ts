import { pageOf } from '../domain/account.ts'
import { eraAt } from '../domain/calendar.ts'
import { ExchequerError } from '../domain/errors.ts'
import { type CommandEvent, type CommandName, positionOf } from '../domain/event.ts'
import { contentDigest } from '../domain/event-line.ts'
import { commandOfDeposit } from '../domain/moves.ts'
import { type Rejection, readEvent, showValue } from '../events/contracts.ts'
import { type Command, type PostDeps, post } from '../ledger/post.ts'
import { changeBy } from '../payouts/from-bus.ts'
import { type Admission, misplaced, unknownAsset, withoutBlock } from './admission.ts'
import type { Warn } from './booking.ts'
import type { ReadMessage, Sent } from './messages.ts'

/** What is posted side by side. What changes the same is posted one after the other: it would only conflict. */
const IN_FLIGHT = 16

/** How long one invocation posts, ms: well within the shortest time an ingest function has. The rest comes again. */
const POSTING_MS = 8_000

/** A command that may be posted, with the era it counts in where that is ahead of the one that is open. */
export interface AdmittedCommand {
  command: CommandEvent
  era: number
}

export interface SentCommand extends AdmittedCommand {
  sent: Sent
}

/** What no repetition changes: the command is refused, by this rule. */
const REFUSED_BY: Record<string, string> = {
  JournalConflict: 'id',
  UnknownPayout: 'payoutId',
  PayoutState: 'payout.state',
}

/**
 * Reads a command. What came in or went out has done so, so that nothing of it is too old or too early; a rate lies in
 * an era, as an event does.
 */
export function admitCommand(
  admission: Admission,
  name: CommandName,
  data: unknown,
): AdmittedCommand | { rejection: Rejection } {
  const read = readEvent(name, data)
  if ('rejection' in read) return read
  const { event: command } = read
  const rejection =
    withoutBlock(admission.calendar, command) ??
    (command.name === 'RatePublished'
      ? (unknownAsset(admission, command) ?? misplaced(admission, command))
      : undefined)
  return rejection ? { rejection } : { command, era: eraOf(admission, command) }
}

/**
 * On a wall clock a deposit counts from the era in which it comes; any other clock may be behind what is sent, and then
 * the deposit's own era says from when.
 */
function eraOf({ names, calendar }: Admission, command: CommandEvent): number {
  if (command.name !== 'TokensDeposited' || names.policy.era.clock === 'wall') return -1
  return eraAt(calendar, positionOf(command, calendar))
}

/**
 * Posts the commands of messages, each once for ever. Answers with the messages of which one could not be posted. One
 * that can never be posted is refused: it leaves its message's commands for the refusals.
 */
export async function postCommands(
  deps: PostDeps,
  warn: Warn,
  messages: readonly ReadMessage[],
): Promise<Set<ReadMessage>> {
  const failed = new Set<ReadMessage>()
  const until = deps.now() + POSTING_MS
  const all = messages.flatMap((message) => message.commands.map((sent) => ({ message, sent })))
  const rows = [...Map.groupBy(all, ({ sent }) => changedBy(sent.command)).values()].values()
  const work = async (): Promise<void> => {
    for (const row of rows) {
      for (const { message, sent } of row) {
        if (deps.now() > until) {
          failed.add(message)
          continue
        }
        const error = await postOne(deps, sent)
        const rule = error && REFUSED_BY[error.code]
        if (rule !== undefined) refuse(message, sent, rule, error as ExchequerError)
        else if (error) {
          warn(`${sent.command.name} ${sent.command.id} was not posted: its message comes again`, error)
          failed.add(message)
        }
      }
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  return failed
}

/** What commands of the same text change. */
function changedBy(command: CommandEvent): string {
  switch (command.name) {
    case 'TokensDeposited':
      return `page ${pageOf(command.account)}`
    case 'RatePublished':
      return `rate ${command.asset}`
    default:
      return `payout ${command.payoutId}`
  }
}

async function postOne(deps: PostDeps, sent: SentCommand): Promise<ExchequerError | undefined> {
  return post(deps, commandOf(deps, sent)).then(
    () => undefined,
    (error: Error) =>
      error instanceof ExchequerError
        ? error
        : new ExchequerError('NotPosted', error.message, { cause: error }),
  )
}

function commandOf({ store }: PostDeps, { command, era }: SentCommand): Command {
  const { name, id } = command
  const known = { id: `evt#${name}#${id}`, digest: contentDigest(command), era }
  if (command.name === 'TokensDeposited')
    return { ...known, change: { moves: commandOfDeposit(command).moves } }
  return { ...known, change: (moment) => changeBy(command, store, moment) }
}

function refuse(message: ReadMessage, sent: SentCommand, rule: string, { message: why }: Error): void {
  const { command } = sent
  message.commands = message.commands.filter((other) => other !== sent)
  message.refusals.push({
    ...sent.sent,
    rule,
    message:
      rule === 'id' ? `an id stands for one ${command.name} for ever: another with this id is posted` : why,
    value: showValue(rule === 'id' ? command.id : 'payoutId' in command ? command.payoutId : command.id),
  })
}
