import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { envelopeOf, readEnvelope } from '../../../shared/ingest/envelope.ts'
import { dataTexts } from '../../../shared/ingest/slices.ts'

describe('the texts of the elements of detail.data', () => {
  it('parse to the elements, whatever they and the rest of the message are', () => {
    const other = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true })
    const indent = fc.constantFrom(undefined, 1, '\t')
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), other, other, indent, (data, envelope, detail, space) => {
        const body = JSON.stringify({ ...envelope, detail: { ...detail, data } }, undefined, space)
        const texts = dataTexts(body)
        expect(texts.map((text) => JSON.parse(text))).toEqual(JSON.parse(JSON.stringify(data)))
        for (const text of texts) expect(body).toContain(text)
      }),
    )
  })

  it.each([
    ['a single event', '{"detail":{"data":{"a":[1,2]}}}', ['{"a":[1,2]}']],
    ['the last of two with one key', '{"detail":{"data":1},"detail":{"data":[1],"data":[2, 3]}}', ['2', '3']],
    ['a key written with escapes', '{"\\u0064etail":{"data":[7]}}', ['7']],
    [
      'brackets and quotes inside strings',
      '{"detail":{"data":["]\\"}", {"x":"[{"}]}}',
      ['"]\\"}"', '{"x":"[{"}'],
    ],
    [
      'numbers as they were written',
      '{"detail":{"data":[1e400,10000000000000000000001, -0.0 ]}}',
      ['1e400', '10000000000000000000001', '-0.0'],
    ],
    ['white space of every kind', ' {\n"detail"\t:\r{ "data" : [ 1 ,\n2 ] } } ', ['1', '2']],
    ['nothing', '{"detail":{"data":[]}}', []],
  ])('%s', (_name, body, texts) => {
    expect(dataTexts(body)).toEqual(texts)
  })

  it('come back as the message of one event', () => {
    const text = '{"id":"a","amount":10000000000000000000001}'
    const body = envelopeOf({ source: 'a "b"', detailType: 'FeeCharged', text })
    expect(dataTexts(body)).toEqual([text])
    expect(readEnvelope(body, { FeeCharged: ['a "b"'] })).toMatchObject({
      name: 'FeeCharged',
      source: 'a "b"',
    })
  })
})
