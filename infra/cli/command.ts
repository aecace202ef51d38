import { parseArgs } from 'node:util'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { InvalidPolicyError } from '../../shared/domain/policy/policy.ts'
import { styleFor } from './terminal.ts'

/** One option of a command. `value` names what it takes; without it the option is a switch. */
export interface Option {
  describe: string
  value?: string
  default?: string
}

type Options = Record<string, Option>

/** What a command is given: texts of options that take a value, true or false for switches. */
export type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { value: string }
    ? O[K] extends { default: string }
      ? string
      : string | undefined
    : boolean
}

export interface Command<O extends Options> {
  /** As typed: `npm run <name>`, or `npm start`. */
  name: string
  summary: string
  options: O
  /** Lines that work as they are, after the command's name. */
  examples: string[]
  run(values: Values<O>): Promise<void>
}

/** A command line that cannot be understood: exit code 2. */
export class UsageError extends ExchequerError {
  constructor(message: string) {
    super('Usage', message)
  }
}

export function defineCommand<const O extends Options>(command: Command<O>): Command<O> {
  return command
}

/**
 * Runs a command from its arguments and sets the exit code: 0 done, 1 the command failed (one line on stderr
 * naming rule and value), 2 the command line is wrong. `EXCHEQUER_TRACE=1` adds the stack of a failure.
 */
export async function runCommand<O extends Options>(
  command: Command<O>,
  args = process.argv.slice(2),
): Promise<void> {
  const style = styleFor(process.stderr)
  try {
    const values = readArguments(command, args)
    if (values === 'help') process.stdout.write(helpText(command))
    else await command.run(values)
  } catch (error) {
    const wrongUsage = error instanceof UsageError
    process.stderr.write(`${style.red('error')} ${errorText(error)}\n`)
    if (wrongUsage) process.stderr.write(`${style.dim(`see ${called(command)} --help`)}\n`)
    if (process.env.EXCHEQUER_TRACE && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    process.exitCode = wrongUsage ? 2 : 1
  }
}

/** The values of a command line, or `help` where it asks for it. Throws {@link UsageError}. */
export function readArguments<O extends Options>(command: Command<O>, args: string[]): Values<O> | 'help' {
  if (args.includes('--help') || args.includes('-h')) return 'help'
  const known = Object.entries(command.options)
  const { tokens, values } = parseArgs({
    args,
    options: Object.fromEntries(
      known.map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' } as const]),
    ),
    strict: false,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional')
      throw new UsageError(`unexpected argument ${JSON.stringify(token.value)}`)
    if (token.kind === 'option') checkOption(command, token)
  }
  return Object.fromEntries(
    known.map(([name, option]) => [
      name,
      values[name] ?? option.default ?? (option.value === undefined ? false : undefined),
    ]),
  ) as Values<O>
}

function checkOption<O extends Options>(
  command: Command<O>,
  {
    name,
    rawName,
    value,
    inlineValue,
  }: { name: string; rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
): void {
  const option = command.options[name]
  if (!option) {
    const near = nearest(name, Object.keys(command.options))
    throw new UsageError(`unknown option ${rawName}${near ? `: did you mean --${near}?` : ''}`)
  }
  // What follows an option and looks like one is one: a value that begins so is written --name=-value.
  const isMissing = value === undefined || value === '' || (!inlineValue && value.startsWith('-'))
  if (option.value !== undefined && isMissing) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${option.value}`)
  }
  if (option.value === undefined && value !== undefined) {
    throw new UsageError(`${rawName} takes no value: got ${JSON.stringify(value)}`)
  }
}

/** Reads a whole number from an option. Throws {@link UsageError}. */
export function readWhole(name: string, text: string, from: number, to: number): number {
  const number = Number(text)
  if (!/^\d{1,9}$/.test(text) || number < from || number > to) {
    throw new UsageError(`--${name} is a whole number from ${from} to ${to}: got ${JSON.stringify(text)}`)
  }
  return number
}

function called(command: { name: string }): string {
  return command.name === 'start' ? 'npm start --' : `npm run ${command.name} --`
}

export function helpText<O extends Options>(command: Command<O>): string {
  const rows: [string, string][] = Object.entries<Option>(command.options).map(
    ([name, { value, describe, default: given }]) => [
      `--${name}${value === undefined ? '' : ` ${value}`}`,
      describe + (given === undefined ? '' : ` (default ${given})`),
    ],
  )
  rows.push(['--help', 'Show this.'])
  const width = Math.max(...rows.map(([left]) => left.length))
  return [
    command.summary,
    '',
    `Usage: ${called(command)} [options]`,
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${called(command)} ${example}`.trimEnd().replace(/ --$/, '')),
    '',
  ].join('\n')
}

/** A failure as a person should read it: the rule and the value, never a stack. */
function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorText).join('; ')
  if (!(error instanceof Error)) return String(error)
  if (error instanceof InvalidPolicyError && error.issues.length > 1) {
    return `the policy breaks ${error.issues.length} rules:\n${error.message.replace(/^/gm, '  ')}`
  }
  return error.message || error.name
}

/** The known name that differs from `typed` by the fewest letters, if it is close enough to be a slip. */
function nearest(typed: string, known: string[]): string | undefined {
  const close = known
    .map((name) => ({ name, distance: editDistance(typed, name) }))
    .sort((a, b) => a.distance - b.distance)[0]
  return close && close.distance <= Math.min(3, Math.max(1, Math.floor(typed.length / 2)))
    ? close.name
    : undefined
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (previous[j] as number) + 1, (row[j - 1] as number) + 1))
    }
    previous = row
  }
  return previous[b.length] as number
}
