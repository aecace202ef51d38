import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineCommand, helpText, readArguments, runCommand, UsageError } from '../../../infra/cli/command.ts'
import { ExchequerError } from '../../../shared/domain/errors.ts'

const command = defineCommand({
  name: 'count',
  summary: 'Counts things.',
  options: {
    file: { value: 'FILE', describe: 'What to count.' },
    limit: { value: 'COUNT', describe: 'How many.', default: '10' },
    quiet: { describe: 'Say nothing.' },
  },
  examples: ['--file a.csv'],
  run: async () => {},
})

describe('command line', () => {
  it('reads values, switches and defaults', () => {
    expect(readArguments(command, ['--file', 'a.csv', '--quiet'])).toEqual({
      file: 'a.csv',
      limit: '10',
      quiet: true,
    })
    expect(readArguments(command, ['--limit=3'])).toEqual({ file: undefined, limit: '3', quiet: false })
  })

  it.each([
    [['--fiel', 'a'], 'unknown option --fiel: did you mean --file?'],
    [['--nonsense'], 'unknown option --nonsense'],
    [['-x'], 'unknown option -x'],
    [['a.csv'], 'unexpected argument "a.csv"'],
    [['--file'], '--file needs a value: --file FILE'],
    [['--file='], '--file needs a value: --file FILE'],
    [['--quiet=yes'], '--quiet takes no value: got "yes"'],
  ])('refuses %j', (args, message) => {
    expect(() => readArguments(command, args)).toThrow(new UsageError(message))
  })

  it('takes an option that follows for no value', () => {
    expect(() => readArguments(command, ['--file', '--quiet'])).toThrow('--file needs a value: --file FILE')
  })

  it('explains itself', () => {
    expect(readArguments(command, ['--file', 'a', '--help'])).toBe('help')
    expect(helpText(command)).toContain('--limit COUNT  How many. (default 10)')
    expect(helpText(command)).toContain('npm run count -- --file a.csv')
  })
})

describe('exit code', () => {
  afterEach(() => {
    process.exitCode = undefined
    vi.restoreAllMocks()
  })

  const ran = async (run: () => Promise<void>, args: string[] = []) => {
    let said = ''
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += text
      return true
    })
    await runCommand({ ...command, run }, args)
    return { code: process.exitCode, said }
  }

  it('is not set when the command is done', async () => {
    expect(await ran(async () => {})).toEqual({ code: undefined, said: '' })
  })

  it('is 1 for a failure, told in one line without its stack', async () => {
    const { code, said } = await ran(() =>
      Promise.reject(new ExchequerError('InvalidAmount', 'an amount is whole: got "1.5"')),
    )
    expect(code).toBe(1)
    expect(said).toBe('error an amount is whole: got "1.5"\n')
  })

  it('is 2 for a command line that cannot be understood', async () => {
    const { code, said } = await ran(async () => {}, ['--file'])
    expect(code).toBe(2)
    expect(said).toBe('error --file needs a value: --file FILE\nsee npm run count -- --help\n')
  })
})
