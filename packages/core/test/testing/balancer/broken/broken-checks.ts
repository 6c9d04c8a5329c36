import { FlotillaError, type LoadBalancer } from '@flotilla/core'
import type { FakeBalancer } from '@flotilla/core/testing'
import { around, ids, isCode, never, nothing, type BrokenBalancer } from './broken-balancer.js'

const first = 'check says yes before the first sync: there is nothing to miss'
const after = 'check says yes after each sync that resolved, of an empty set too'
const inert = 'check changes nothing: traffic and requests in flight go on, and nothing is replaced'
const drains = 'check does not say no while a sync drains, and does not wait for it'
const failed = 'check says yes after an update that failed: the one before stays in force'
const lost = 'check says no, with the reason, once what is served was lost, and says so until a sync'
const back = 'after a check that said no, a sync of the same set puts it back'
const other = 'after a check that said no, a sync of another set puts that in force'
const refused =
  'a sync that cannot put it back rejects, check goes on saying no, and the next sync puts it back'
const blind = 'check rejects with unavailable or timeout when it cannot tell, and traffic goes on'
const aborted = 'check whose signal had aborted before rejects with its reason'

type Check = NonNullable<LoadBalancer['check']>

const yes = { serves: true } as const
const no = { serves: false, reason: 'it says so' } as const

/** The good balancer with something around its check. */
function checking(wrap: (check: Check, inner: FakeBalancer) => Check): BrokenBalancer['breaks'] {
  return (inner) => ({ check: wrap(inner.check.bind(inner), inner) })
}

export const brokenChecks: readonly BrokenBalancer[] = [
  {
    that: 'always says that it serves',
    breaks: checking(() => async ({ signal }) => {
      signal.throwIfAborted()
      return yes
    }),
    fails: [lost, back, other, refused, blind],
  },
  {
    that: 'misses what was never set',
    breaks: checking((check, inner) => async (options) => (inner.updateCount === 0 ? no : check(options))),
    fails: [first],
  },
  {
    that: 'takes an empty set for a lost one',
    breaks: checking(
      (check, inner) => async (options) =>
        inner.updateCount > 0 && inner.members.length === 0 ? no : check(options),
    ),
    fails: [after],
  },
  {
    that: 'breaks requests in flight when it checks',
    breaks: checking((check, inner) => async (options) => {
      for (const { id } of inner.members) inner.cut(id)
      return check(options)
    }),
    fails: [inert],
  },
  {
    that: 'puts the set back in its check, and says yes from then on',
    breaks: checking((check, inner) => async (options) => {
      const answer = await check(options)
      if (!answer.serves) await inner.sync(inner.members, { signal: never })
      return answer
    }),
    fails: [lost, refused],
  },
  {
    that: 'says no while it drains',
    breaks: checking(
      (check, inner) => async (options) =>
        [...Array(9).keys()].some((index) => inner.isDraining(`member-${index}`)) ? no : check(options),
    ),
    fails: [drains],
  },
  {
    that: 'waits for a drain before it checks',
    breaks: (inner) => {
      let last: Promise<unknown> = Promise.resolve()
      return {
        sync: (members, options) => {
          const syncing = inner.sync(members, options)
          last = syncing.catch(() => {})
          return syncing
        },
        check: async (options) => {
          options.signal.throwIfAborted()
          await last
          return inner.check(options)
        },
      }
    },
    fails: [drains],
  },
  {
    that: 'says no after an update that failed',
    breaks: (inner) => {
      let hasFailed = false
      return {
        sync: async (members, options) => {
          try {
            const report = await inner.sync(members, options)
            hasFailed = false
            return report
          } catch (error) {
            hasFailed = isCode(error, 'unavailable')
            throw error
          }
        },
        check: async (options) => (hasFailed ? no : inner.check(options)),
      }
    },
    fails: [failed],
  },
  {
    that: 'says no without a reason',
    breaks: checking((check) => async (options) => {
      const answer = await check(options)
      return answer.serves ? answer : { serves: false, reason: ' ' }
    }),
    fails: [lost, back, other, refused],
  },
  {
    that: 'does nothing in the sync of the same set after a check that said no',
    breaks: around(
      (sync, inner) => async (members, options) =>
        inner.isLost && ids(members) === ids(inner.members) ? nothing : sync(members, options),
    ),
    fails: [back, refused],
  },
  {
    that: 'cannot be brought to another set once it was lost',
    breaks: around((sync, inner) => async (members, options) => {
      if (inner.isLost && ids(members) !== ids(inner.members))
        throw new FlotillaError('conflict', 'sync: another configuration is served')
      return sync(members, options)
    }),
    fails: [other],
  },
  {
    that: 'forgets what was lost when it could not put it back',
    breaks: (inner) => {
      let isForgotten = false
      return {
        sync: async (members, options) => {
          const wasLost = inner.isLost
          try {
            return await inner.sync(members, options)
          } catch (error) {
            isForgotten ||= wasLost
            throw error
          }
        },
        check: async (options) => (isForgotten ? yes : inner.check(options)),
      }
    },
    fails: [refused],
  },
  {
    that: 'says no when it cannot tell',
    breaks: checking((check) => async (options) => {
      try {
        return await check(options)
      } catch (error) {
        if (isCode(error, 'unavailable')) return no
        throw error
      }
    }),
    fails: [blind],
  },
  {
    that: 'calls a check that cannot tell a conflict',
    breaks: checking((check) => async (options) => {
      try {
        return await check(options)
      } catch (error) {
        throw isCode(error, 'unavailable') ? new FlotillaError('conflict', error.message) : error
      }
    }),
    fails: [blind],
  },
  {
    that: 'does not look at the signal of a check',
    breaks: checking((check) => async () => check({ signal: never })),
    fails: [aborted],
  },
]
