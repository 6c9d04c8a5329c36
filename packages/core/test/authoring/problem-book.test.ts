import { describe, expect, it } from 'vitest'
import { ProblemBook } from '../../src/authoring/problem-book.js'

const problem = (
  about: string,
  message: string = 'it stands in the way',
): { about: string; message: string } => ({
  about,
  message,
})

describe('ProblemBook', () => {
  it('keeps what each part found last, by group', () => {
    const book = new ProblemBook()
    book.set('web', 'sweep', [problem('a'), problem('b')])
    book.set('web', 'pool', [problem('c')])
    book.set('jobs', 'sweep', [problem('d')])
    book.set('web', 'sweep', [problem('b')])
    expect(book.of('web').map(({ about }) => about)).toEqual(['b', 'c'])
    book.set('web', 'sweep', [])
    expect(book.of('web')).toEqual([problem('c')])
    expect(book.of('none')).toEqual([])
  })

  it('adds to what a part found, the latest of each', () => {
    const book = new ProblemBook()
    book.add('web', 'kept', [problem('a', 'first'), problem('b')])
    book.add('web', 'kept', [problem('a', 'second')])
    expect(book.of('web')).toEqual([problem('b'), problem('a', 'second')])
  })

  it('ends the parts of a kind that are no longer there, and all of a group', () => {
    const book = new ProblemBook()
    for (const part of ['machine 1', 'machine 2', 'pool']) book.set('web', part, [problem(part)])
    book.prune('web', 'machine ', new Set(['machine 2']))
    expect(book.of('web').map(({ about }) => about)).toEqual(['machine 2', 'pool'])
    book.prune('other', 'machine ', new Set())
    book.forget('web')
    expect(book.of('web')).toEqual([])
  })

  it('counts what is too many to show', () => {
    const book = new ProblemBook()
    book.set(
      'web',
      'kept',
      Array.from({ length: 25 }, (_, index) => problem(`disk ${index}`)),
    )
    expect(book.of('web')).toHaveLength(21)
    expect(book.of('web').at(-1)).toEqual({ about: 'kept', message: 'and 5 more like these' })
  })
})
