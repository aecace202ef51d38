import { describe, expect, it } from 'vitest'
import { Books } from '../../../shared/domain/books.ts'
import { InvariantError } from '../../../shared/domain/errors.ts'
import { ACCOUNTS } from '../../../shared/domain/plan.ts'

const opened = (): Books => new Books({ '@pool': 10n, '@reserve': 3n })

describe('the books of an era', () => {
  it('say every movement, and close in the order of names without what is empty', () => {
    const books = opened()
    books.move('@pool', '@treasury', 4n, 'one')
    books.move('@reserve', ACCOUNTS, 3n, 'two')
    books.move('@external', '@burn', 2n, 'three')
    expect(Object.entries(books.closing())).toEqual([
      ['@burn', 2n],
      ['@pool', 6n],
      ['@treasury', 4n],
    ])
    expect(books.postings).toEqual([
      { from: '@pool', to: '@treasury', amount: 4n, why: 'one' },
      { from: '@reserve', to: ACCOUNTS, amount: 3n, why: 'two' },
      { from: '@external', to: '@burn', amount: 2n, why: 'three' },
    ])
  })

  it('say nothing of nothing, nor of what stays where it is', () => {
    const books = opened()
    books.move('@pool', '@treasury', 0n, 'nothing')
    books.move('@pool', '@pool', 4n, 'stays')
    expect(books.postings).toEqual([])
    expect(books.closing()).toEqual({ '@pool': 10n, '@reserve': 3n })
  })

  it('take from the first account as far as it goes, and the rest from the second', () => {
    const books = opened()
    books.moveFromBoth('@reserve', '@pool', '@treasury', 5n, 'both')
    expect(books.closing()).toEqual({ '@pool': 8n, '@treasury': 5n })
  })

  it('have what was set aside only once it is put back', () => {
    const books = opened()
    books.setAside('@pool', 9n)
    expect(() => books.move('@pool', '@treasury', 2n, 'early')).toThrow(
      new InvariantError('@pool would be -1 after paying 2 to @treasury (early)'),
    )
    books.putBack('@pool', 9n)
    books.move('@pool', '@treasury', 10n, 'then')
    expect(books.closing()).toEqual({ '@reserve': 3n, '@treasury': 10n })
  })

  it.each<[string, (books: Books) => void, string]>([
    [
      'moves less than nothing',
      (books) => books.move('@pool', '@reserve', -1n, 'back'),
      'a posting is above 0: got -1 from @pool to @reserve (back)',
    ],
    [
      'pays what is not there',
      (books) => books.move('@pool', '@reserve', 11n, 'more'),
      '@pool would be -1 after paying 11 to @reserve (more)',
    ],
    [
      'sets aside what is not there',
      (books) => books.setAside('@reserve', 4n),
      '@reserve would be -1 after setting 4 aside',
    ],
  ])('refuse whoever %s, and stay as they were', (_, wrong, message) => {
    const books = opened()
    expect(() => wrong(books)).toThrow(new InvariantError(message))
    expect(books.closing()).toEqual({ '@pool': 10n, '@reserve': 3n })
    expect(books.postings).toEqual([])
  })
})
