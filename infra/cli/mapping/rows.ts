import { createReadStream } from 'node:fs'
import { parse } from 'csv-parse'
import { ExchequerError } from '../../../shared/domain/errors.ts'

/** One row of a file: what a mapping's `{column}` reads from. */
export interface Row {
  /** Line of its file that the row ends on, from 1. */
  line: number
  values: Record<string, unknown>
}

/** Reads a CSV file with a header row, a row at a time. Throws `UnreadableRow` naming the line. */
export async function* readCsv(file: string): AsyncGenerator<Row> {
  const parser = parse({ columns: checkHeader, bom: true, info: true, skip_empty_lines: true, trim: true })
  const input = createReadStream(file)
  input.on('error', (error) => parser.destroy(error))
  input.pipe(parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>
      info: { lines: number }
    }>) {
      yield { line: info.lines, values: record }
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('CSV_')) throw error
    throw new ExchequerError('UnreadableRow', `${file}: ${error.message}`)
  }
}

function checkHeader(header: string[]): string[] {
  const twice = header.find((column, index) => header.indexOf(column) !== index)
  if (twice !== undefined)
    throw new ExchequerError(
      'UnreadableRow',
      `line 1: the header names the column ${JSON.stringify(twice)} twice`,
    )
  return header
}

/** Reads a file of one JSON object per line. Throws `UnreadableRow` naming the line. */
export async function* readNdjson(file: string): AsyncGenerator<Row> {
  let line = 0
  for await (const text of readLines(file)) {
    line += 1
    if (text.trim() === '') continue
    yield { line, values: readLine(text, line) }
  }
}

/** Longest line that is read, in characters: a file without line ends must not fill the memory. */
const MAX_LINE = 1_048_576

async function* readLines(file: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(file, { encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    if (rest.length > MAX_LINE)
      throw new ExchequerError('UnreadableRow', `${file}: a line is at most ${MAX_LINE} characters`)
    yield* lines
  }
  yield rest
}

function readLine(text: string, line: number): Record<string, unknown> {
  let value: unknown
  try {
    value = parseExactly(text)
  } catch (error) {
    throw new ExchequerError('UnreadableRow', `line ${line}: not JSON: ${(error as Error).message}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ExchequerError(
      'UnreadableRow',
      `line ${line}: a row is a JSON object: got ${text.slice(0, 60)}`,
    )
  }
  return value as Record<string, unknown>
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

/**
 * JSON.parse, except that whole numbers too great to be exact as a number stay the text they were written as:
 * an amount in a file must not lose its last digits before anybody sees it.
 */
const parseExactly = (text: string): unknown =>
  (JSON.parse as (text: string, reviver: Reviver) => unknown)(text, keepExact)

const keepExact: Reviver = (_key, value, { source }) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? source
    : value
