import type { Json } from '@flotilla/core'
import type { BrokenPolicy } from './broken-policy.js'

const plain = 'state is plain JSON'
const continues = 'state stored and read back, by a new policy each time, continues exactly'
const lost = 'a state that was lost is answered as the first time'

/** The good policy that keeps its state in another form. */
function storing(write: (state: Json) => unknown, read: (stored: never) => unknown): BrokenPolicy['breaks'] {
  return (inner) => ({
    evaluate: (given) => {
      const state = given.state === undefined ? undefined : (read(given.state as never) as Json)
      const evaluation = inner.evaluate({ ...given, state })
      return { ...evaluation, state: write(evaluation.state ?? {}) as Json }
    },
  })
}

interface Recent {
  readonly recent: readonly number[]
}

export const brokenStates: readonly BrokenPolicy[] = [
  {
    that: 'keeps a Date in its state',
    breaks: storing(
      (state) => ({ state, at: new Date(0) }),
      ({ state }: { state: Json }) => state,
    ),
    fails: [plain],
  },
  {
    that: 'keeps a Map in its state',
    breaks: storing(
      (state) => new Map([['recent', (state as unknown as Recent).recent]]),
      (stored) => ({
        recent:
          (stored as Map<string, number[]>) instanceof Map
            ? ((stored as Map<string, number[]>).get('recent') ?? [])
            : [],
      }),
    ),
    fails: [plain, continues],
  },
  {
    that: 'keeps Infinity in its state',
    breaks: storing(
      (state) => ({ ...(state as object), least: Infinity }),
      ({ recent, least }: { recent: number[]; least: number | null }) => ({
        recent: least === null ? [] : recent,
      }),
    ),
    fails: [plain, continues],
  },
  {
    that: 'keeps a function in its state',
    breaks: storing(
      (state) => ({ state, again: () => 1 }),
      ({ state }: { state: Json }) => state,
    ),
    fails: [plain],
    andMore: true,
  },
  {
    that: 'keeps a class of its own in its state',
    breaks: storing(
      (state) => new Window((state as unknown as Recent).recent),
      (stored: Recent) => ({ recent: stored.recent }),
    ),
    fails: [plain],
    andMore: true,
  },
  {
    that: 'keeps part of its state in an object that JSON does not see',
    breaks: (inner) => {
      const hidden = new WeakMap<object, Json>()
      return {
        evaluate: (given) => {
          const state = given.state === undefined ? undefined : hidden.get(given.state as object)
          const evaluation = inner.evaluate({ ...given, state })
          const key = { is: 'hidden' }
          hidden.set(key, evaluation.state ?? {})
          return { ...evaluation, state: key }
        },
      }
    },
    fails: [continues],
  },
  {
    that: 'fails without the state that it once had',
    breaks: (inner) => {
      let hadState = false
      return {
        evaluate: (given) => {
          if (hadState && given.state === undefined) throw new Error('where is my state?')
          hadState ||= given.state !== undefined
          return inner.evaluate(given)
        },
      }
    },
    fails: [lost],
    andMore: true,
  },
]

class Window {
  readonly recent: readonly number[]
  constructor(recent: readonly number[]) {
    this.recent = recent
  }
}
