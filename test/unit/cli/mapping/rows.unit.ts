import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readCsv, readNdjson } from '../../../../infra/cli/mapping/rows.ts'
import { collect } from '../../../support/collect.ts'

const directory = mkdtempSync(join(tmpdir(), 'rows-'))
afterAll(() => rmSync(directory, { recursive: true }))

function file(text: string): string {
  const path = join(directory, `${Math.abs(text.length)}-${process.hrtime.bigint()}`)
  writeFileSync(path, text)
  return path
}

describe('CSV', () => {
  it('is read with header, quotes, byte order mark and empty lines', async () => {
    const rows = await collect(readCsv(file('\ufeffid,note\r\n1,"a, ""b"""\r\n\r\n2, c \r\n')))
    expect(rows).toEqual([
      { line: 2, values: { id: '1', note: 'a, "b"' } },
      { line: 4, values: { id: '2', note: 'c' } },
    ])
  })

  it.each([
    ['id,id\n1,2\n', 'line 1: the header names the column "id" twice'],
    ['id,note\n1\n', /line 2/],
  ])('is refused: %j', async (text, message) => {
    await expect(collect(readCsv(file(text)))).rejects.toThrow(message)
  })

  it('that is not there is an error, not a crash', async () => {
    await expect(collect(readCsv(join(directory, 'nowhere')))).rejects.toThrow('ENOENT')
  })
})

describe('NDJSON', () => {
  it('keeps whole numbers that a number could not hold as the text they are', async () => {
    const rows = await collect(readNdjson(file('{"wei":1000000000000000025,"n":5,"x":0.5}\n\n{"wei":"7"}')))
    expect(rows).toEqual([
      { line: 1, values: { wei: '1000000000000000025', n: 5, x: 0.5 } },
      { line: 3, values: { wei: '7' } },
    ])
  })

  it('is read across chunks of the file', async () => {
    const many = Array.from({ length: 5_000 }, (_, n) => JSON.stringify({ n, text: 'é'.repeat(20) }))
    const rows = await collect(readNdjson(file(many.join('\n'))))
    expect(rows.map(({ values }) => values.n)).toEqual(many.map((_, n) => n))
    expect(rows.at(-1)?.line).toBe(5_000)
  })

  it.each([
    ['{"a":1}\n{"a":', 'line 2: not JSON: '],
    ['[1]', 'line 1: a row is a JSON object: got [1]'],
  ])('is refused: %j', async (text, message) => {
    await expect(collect(readNdjson(file(text)))).rejects.toThrow(message)
  })
})
