import { FlotillaError } from '@flotilla/core'
import type { BalancerUnderTest } from '@flotilla/core/testing'
import { around, failing, ids, isCode, never, nothing, type BrokenBalancer } from './broken-balancer.js'

const takes = 'new members take traffic when sync resolves'
const replaces = 'the set given replaces the one before'
const same = 'the same set twice changes nothing'
const cheap = 'the same set twice is cheap: nothing is replaced'
const port = 'a member that is known by its id may come back at another port'
const weight = 'a member with three times the weight gets more requests'
const empty = 'an empty set answers 503 with Retry-After'
const invalid =
  'an invalid member is never installed: sync rejects with invalid-options, and the set before stays'
const failed = 'a failed update rejects, the one before stays in force, and the next one works'
const refused =
  'a sync that cannot put it back rejects, check goes on saying no, and the next sync puts it back'
const checkedEmpty = 'check says yes after each sync that resolved, of an empty set too'
const order = 'calls may overlap, and take effect in the order made'

export const brokenSyncs: readonly BrokenBalancer[] = [
  {
    that: 'resolves before its members take traffic',
    breaks: around((sync, _inner, clock) => async (members, options) => {
      void clock.sleep(20).then(async () => sync(members, options))
      return nothing
    }),
    fails: [takes],
    andMore: true,
  },
  {
    that: 'adds to the set before',
    breaks: around((sync, inner) => async (members, options) => {
      const kept = inner.members.filter(({ id }) => !members.some((member) => member.id === id))
      return sync([...kept, ...members], options)
    }),
    fails: [replaces],
    andMore: true,
  },
  {
    that: 'breaks connections when it is given the same set again',
    breaks: around((sync, inner) => async (members, options) => {
      const isSame = ids(members) === ids(inner.members)
      const report = await sync(members, options)
      if (isSame) for (const { id } of members) inner.cut(id)
      return report
    }),
    fails: [same],
  },
  {
    that: 'reports what it kept as drained',
    breaks: around((sync, inner) => async (members, options) => {
      const isSame = ids(members) === ids(inner.members)
      const report = await sync(members, options)
      return isSame ? { ...report, drained: members.map(({ id }) => id) } : report
    }),
    fails: [same],
  },
  {
    that: 'replaces its configuration at each sync',
    breaks: around((sync, inner) => async (members, options) => {
      inner.updateCount += 1
      return sync(members, options)
    }),
    fails: [cheap],
  },
  {
    that: 'keeps the port by which it first knew a member',
    breaks: around((sync, inner) => async (members, options) => {
      const ports = new Map(inner.members.map(({ id, port: first }) => [id, first]))
      return sync(
        members.map((member) => ({ ...member, port: ports.get(member.id) ?? member.port })),
        options,
      )
    }),
    fails: [port],
  },
  {
    that: 'takes all members for alike',
    breaks: around(
      (sync) => async (members, options) =>
        sync(
          members.map(({ weight: given, ...member }) =>
            given === undefined || given > 0 ? member : { ...member, weight: given },
          ),
          options,
        ),
    ),
    fails: [weight, invalid],
  },
  {
    that: 'sends everything to the heaviest',
    traffic: (under) => ({
      request: async () => {
        const { balancer } = under as BalancerUnderTest & { balancer: { heaviest?: string } }
        const answer = await under.request()
        return balancer.heaviest === undefined ? answer : { ...answer, memberId: balancer.heaviest }
      },
    }),
    breaks: (inner) => ({
      sync: async function (this: { heaviest?: string | undefined }, members, options) {
        const report = await inner.sync(members, options)
        this.heaviest = members.find(({ weight: given }) => given === 3)?.id
        return report
      },
    }),
    fails: [weight],
  },
  {
    that: 'keeps the set before when it is given an empty one',
    breaks: around(
      (sync, inner) => async (members, options) =>
        sync(members.length === 0 ? inner.members : members, options),
    ),
    fails: [empty],
  },
  {
    that: 'answers 502 while it is empty',
    traffic: (under) => ({
      request: async () => {
        const answer = await under.request()
        return answer.status === 503 ? { ...answer, status: 502 } : answer
      },
    }),
    fails: [empty],
  },
  {
    that: 'answers without Retry-After while it is empty',
    traffic: (under) => ({
      request: async () => ({ ...(await under.request()), retryAfter: undefined }),
    }),
    fails: [empty],
  },
  {
    that: 'refuses an empty set',
    breaks: around((sync) => async (members, options) => {
      if (members.length === 0) throw new FlotillaError('invalid-options', 'sync: no members')
      return sync(members, options)
    }),
    fails: [empty, order, checkedEmpty],
  },
  {
    that: 'leaves out an invalid member, without a word',
    breaks: around((sync) => async (members, options) => {
      try {
        return await sync(members, options)
      } catch (error) {
        if (isCode(error, 'invalid-options')) return nothing
        throw error
      }
    }),
    fails: [invalid],
  },
  {
    that: 'installs nothing at all for an invalid member',
    breaks: failing(async (error, _signal, inner) => {
      if (isCode(error, 'invalid-options')) await inner.sync([], { signal: never })
      return error
    }),
    fails: [invalid],
  },
  {
    that: 'calls an invalid member unavailable',
    breaks: failing((error) =>
      isCode(error, 'invalid-options') ? new FlotillaError('unavailable', error.message) : error,
    ),
    fails: [invalid],
  },
  {
    that: 'loses the set before when an update fails',
    breaks: failing(async (error, _signal, inner) => {
      if (isCode(error, 'unavailable')) await inner.sync([], { signal: never })
      return error
    }),
    fails: [failed, refused],
  },
  {
    that: 'keeps silent about an update that failed',
    breaks: around((sync) => async (members, options) => {
      try {
        return await sync(members, options)
      } catch (error) {
        if (isCode(error, 'unavailable')) return nothing
        throw error
      }
    }),
    fails: [failed, refused],
  },
  {
    that: "lets the vendor's error through",
    breaks: failing((error) => (isCode(error, 'unavailable') ? error.cause : error)),
    fails: [failed],
  },
  {
    that: 'never works again after a failed update',
    breaks: (inner) => {
      let broken: Error | undefined
      return {
        sync: async (members, options) => {
          if (broken !== undefined) throw broken
          return inner.sync(members, options).catch((error: unknown) => {
            if (isCode(error, 'unavailable')) broken = error
            throw error
          })
        },
      }
    },
    fails: [failed, refused],
  },
]
