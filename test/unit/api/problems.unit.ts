import { describe, expect, it } from 'vitest'
import { callerOf, requireScope } from '../../../shared/api/authority.ts'
import { problemResponse } from '../../../shared/api/contracts/problem.ts'
import { ProblemError, problems, toProblem } from '../../../shared/api/problems.ts'
import { ExchequerError } from '../../../shared/domain/errors.ts'

describe('a problem', () => {
  it('shows no more of what was asked than a page, and whole characters', () => {
    const error = new ProblemError('InvalidParameter', `${'x'.repeat(2_047)}💸`)
    expect(toProblem(error, '/').detail).toBe(`${'x'.repeat(2_047)}\ufffd`)
  })

  it.each(Object.entries(problems))('is made of the error with its code: %s', (code, { type, status }) => {
    const problem = toProblem(
      new ProblemError(code as keyof typeof problems, 'rule: got 7'),
      '/eras/7',
      'r-1',
    )
    expect(problemResponse.parse(problem)).toMatchObject({ type, status, instance: '/eras/7' })
    expect(problem.detail).toBe(status === 500 ? problem.detail : 'rule: got 7')
  })

  it.each([
    [
      'an error of the SDK',
      Object.assign(new Error('arn:aws:dynamodb secret'), { name: 'AccessDeniedException' }),
    ],
    ['an error of ours that is not for callers', new ExchequerError('InvariantBroken', 'secret')],
    ['an error called like a member of every object', new ExchequerError('constructor', 'secret')],
    ['an error of others with a code of ours', Object.assign(new Error('secret'), { code: 'UnknownEra' })],
    ['text', 'secret'],
    ['nothing', undefined],
  ])('says nothing of %s but the id of the request', (_name, error) => {
    const problem = toProblem(error, '/eras', 'r-1')
    expect(problemResponse.parse(problem)).toMatchObject({ status: 500, requestId: 'r-1' })
    expect(JSON.stringify(problem)).not.toContain('secret')
  })

  it('has a type that is stable and its own', () => {
    const types = Object.values(problems).map(({ type }) => type)
    expect(new Set(types).size).toBe(types.length)
    expect(types).toMatchSnapshot()
  })
})

describe('a scope', () => {
  it.each([
    ['no token', undefined, 'Unauthenticated'],
    ['no claim', {}, 'MissingScope'],
    ['another scope', { scope: 'network:operate' }, 'MissingScope'],
    ['a longer one', { scope: 'quarantine:read:all' }, 'MissingScope'],
    ['part of it', { scope: 'quarantine' }, 'MissingScope'],
    ['half a character', { scope: 'quarantine:read', sub: 'ann\ud800' }, 'Unauthenticated'],
    ['a name too long', { scope: 'quarantine:read', account: 'z'.repeat(1_025) }, 'Unauthenticated'],
  ])('is missing: %s', (_name, claims, code) => {
    expect(() => requireScope('quarantine:read', callerOf(claims))).toThrow(expect.objectContaining({ code }))
  })

  it.each([
    ['among others', { scope: 'network:operate quarantine:read' }],
    ['in a list, as the gateway writes one', { scp: '[network:operate quarantine:read]' }],
  ])('is there: %s', (_name, claims) => {
    expect(() => requireScope('quarantine:read', callerOf(claims))).not.toThrow()
  })
})
