import { describe, expect, it } from 'vitest'
import { clientConfigOf, explainUnreachable, outputsFrom } from '../../../infra/cli/deployment.ts'

const values = { 'endpoint-url': undefined, aws: false, stack: undefined }

describe('which deployment a command talks to', () => {
  it('is the local host unless it is told otherwise', () => {
    expect(clientConfigOf(values)).toMatchObject({ endpoint: 'http://127.0.0.1:4610', region: 'us-east-1' })
    expect(clientConfigOf({ ...values, 'endpoint-url': 'http://127.0.0.1:4700/' }).endpoint).toBe(
      'http://127.0.0.1:4700',
    )
  })

  it('is AWS with the environment’s own credentials where it is asked for', () => {
    expect(clientConfigOf({ ...values, aws: true, stack: 'x' })).toEqual({})
  })

  it.each([
    [
      { ...values, aws: true, 'endpoint-url': 'http://127.0.0.1:1' },
      '--aws and --endpoint-url exclude each other',
    ],
    [
      { ...values, 'endpoint-url': 'localhost' },
      '--endpoint-url is a URL like http://127.0.0.1:4610: got "localhost"',
    ],
  ])('is refused: %j', (wrong, message) => {
    expect(() => clientConfigOf(wrong)).toThrow(message)
  })

  it('names the outputs there are when one is missing', () => {
    const outputs = outputsFrom(new Map([['BusName', 'bus']]), 'exchequer-magnet-dev')
    expect(outputs('BusName')).toBe('bus')
    expect(() => outputs('TableName')).toThrow('exchequer-magnet-dev has no output TableName: it has BusName')
  })

  it('explains a connection that was refused, however deep it is wrapped, and nothing else', () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    for (const error of [
      refused,
      new Error('fetch failed', { cause: refused }),
      new AggregateError([refused]),
    ]) {
      expect(String(explainUnreachable(error, values))).toContain(
        'nothing answers at http://127.0.0.1:4610 (ECONNREFUSED)',
      )
    }
    const other = new Error('AccessDenied')
    expect(explainUnreachable(other, values)).toBe(other)
  })
})
