import {
  FlotillaError,
  type BalancerMember,
  type Clock,
  type LoadBalancer,
  type SyncReport,
} from '@flotilla/core'
import type { BalancerUnderTest, FakeBalancer } from '@flotilla/core/testing'

type Sync = LoadBalancer['sync']

/** A balancer that breaks one promise, and exactly the cases that must find it. */
export interface BrokenBalancer {
  /** Completes "finds a balancer that …". */
  readonly that: string
  readonly breaks?: ((inner: FakeBalancer, clock: Clock) => Partial<LoadBalancer>) | undefined
  /** What it does otherwise with requests. */
  readonly traffic?: (under: BalancerUnderTest) => Partial<BalancerUnderTest>
  /** The inner balancer's drain bound, where it is not what the kit says. */
  readonly drainMs?: number
  readonly fails: readonly string[]
  /** True when so much stands on the promise that further cases fail too. */
  readonly andMore?: boolean
}

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
const drains = 'a removed member gets no new requests, and sync waits for those in flight, which go on'
const cut = 'sync resolves with cut when the drain bound has passed, and the request is cut off then'
const lists = 'each removed member is in exactly one list of the report'
const back = 'a later sync brings a draining member back, and its requests go on'
const again = 'a member brought back and removed again drains again'
const order = 'calls may overlap, and take effect in the order made'
const abortedBefore = 'sync whose signal had aborted before rejects with its reason, and changes nothing'
const abortedDrain =
  "sync that aborts while it drains rejects with the signal's reason, and what took effect stays"
const anyMoment =
  "sync that aborts at any moment gives its report or rejects with the signal's reason, and the next works"
const closed = 'close may be called twice, at once and later'

const nothing: SyncReport = { drained: [], cut: [], readmitted: [] }

/** The good balancer with something around its sync. */
function around(
  wrap: (sync: Sync, inner: FakeBalancer, clock: Clock) => Sync,
): (inner: FakeBalancer, clock: Clock) => Partial<LoadBalancer> {
  return (inner, clock) => ({ sync: wrap(inner.sync.bind(inner), inner, clock) })
}

/** The good balancer with its reports changed on the way out. */
function reporting(change: (report: SyncReport) => SyncReport): BrokenBalancer['breaks'] {
  return around((sync) => async (members, options) => change(await sync(members, options)))
}

/** The good balancer with what it fails with changed on the way out. */
function failing(
  change: (error: unknown, signal: AbortSignal, inner: FakeBalancer) => unknown,
): BrokenBalancer['breaks'] {
  return around((sync, inner) => async (members, options) => {
    try {
      return await sync(members, options)
    } catch (error) {
      throw await change(error, options.signal, inner)
    }
  })
}

function removedBy(members: readonly BalancerMember[], inner: FakeBalancer): readonly string[] {
  return inner.members.map(({ id }) => id).filter((id) => !members.some((member) => member.id === id))
}

const ids = (members: readonly BalancerMember[]): string => members.map(({ id }) => id).join()

function isCode(error: unknown, code: FlotillaError['code']): error is FlotillaError {
  return error instanceof FlotillaError && error.code === code
}

const never = new AbortController().signal

export const brokenBalancers: readonly BrokenBalancer[] = [
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
    fails: [empty, order],
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
    fails: [failed],
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
    fails: [failed],
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
    fails: [failed],
  },
  {
    that: 'does not wait for requests in flight',
    breaks: around((sync, inner) => async (members, options) => {
      const removed = removedBy(members, inner)
      const draining = sync(members, options)
      if (!removed.some((id) => inner.inFlightCount(id) > 0)) return draining
      draining.catch(() => {})
      return { ...nothing, drained: removed }
    }),
    fails: [drains, cut, lists, back, again, abortedDrain],
  },
  {
    that: 'breaks the requests of a member that it removes',
    breaks: around((sync, inner, clock) => async (members, options) => {
      const removed = removedBy(members, inner)
      const draining = sync(members, options)
      draining.catch(() => {})
      await clock.sleep(2)
      for (const id of removed) inner.cut(id)
      return draining
    }),
    fails: [drains, cut, lists, back, again, abortedDrain],
    andMore: true,
  },
  {
    that: 'gives a removed member new requests until it has none left',
    breaks: around((sync, inner, clock) => async (members, options) => {
      for (let waitedMs = 0; waitedMs < 200; waitedMs += 5) {
        if (!removedBy(members, inner).some((id) => inner.inFlightCount(id) > 0)) break
        await clock.sleep(5, options)
      }
      return sync(members, options)
    }),
    fails: [drains],
    andMore: true,
  },
  { that: 'has no drain bound', drainMs: 1e9, fails: [cut, lists] },
  { that: 'cuts off long before its drain bound', drainMs: 20, fails: [drains, cut, again] },
  {
    that: 'passes its drain bound, and cuts off nothing',
    drainMs: 1e9,
    breaks: around((sync, inner, clock) => async (members, options) => {
      const removed = removedBy(members, inner)
      const late = clock.sleep(200).then((): SyncReport => ({
        drained: removed.filter((id) => inner.inFlightCount(id) === 0),
        cut: removed.filter((id) => inner.inFlightCount(id) > 0),
        readmitted: [],
      }))
      return Promise.race([sync(members, options), late])
    }),
    fails: [cut],
  },
  {
    that: 'reports what it cut off as drained',
    breaks: reporting(({ drained, cut: cutOff, readmitted }) => ({
      drained: [...drained, ...cutOff],
      cut: [],
      readmitted,
    })),
    fails: [cut, lists],
  },
  {
    that: 'reports what it cut off twice',
    breaks: reporting((report) => ({ ...report, drained: [...report.cut, ...report.drained] })),
    fails: [cut, lists],
  },
  {
    that: 'leaves what it cut off out of its report',
    breaks: reporting((report) => ({ ...report, cut: [] })),
    fails: [cut, lists],
  },
  {
    that: 'leaves what drained out of its report',
    breaks: reporting((report) => ({ ...report, drained: [] })),
    fails: [replaces, empty, failed, drains, lists, again],
  },
  {
    that: 'reports what came back as drained',
    breaks: reporting(({ drained, cut: cutOff, readmitted }) => ({
      drained: [...drained, ...readmitted],
      cut: cutOff,
      readmitted: [],
    })),
    fails: [back, again],
  },
  {
    that: 'breaks the requests of a member that comes back',
    breaks: around((sync, inner) => async (members, options) => {
      const returning = members.filter(({ id }) => inner.isDraining(id))
      const report = await sync(members, options)
      for (const { id } of returning) inner.cut(id)
      return report
    }),
    fails: [back, again],
  },
  {
    that: 'refuses a member that drains',
    breaks: around((sync, inner) => async (members, options) => {
      if (members.some(({ id }) => inner.isDraining(id)))
        throw new FlotillaError('conflict', 'sync: it drains')
      return sync(members, options)
    }),
    fails: [back, again],
  },
  {
    that: 'waits for the drain of a member that came back long ago',
    breaks: around((sync, inner, clock) => async (members, options) => {
      const report = await sync(members, options)
      while (report.readmitted.some((id) => inner.inFlightCount(id) > 0)) await clock.sleep(10, options)
      return report
    }),
    fails: [back],
  },
  {
    that: 'drains a member only once',
    breaks: (inner) => {
      const drained = new Set<string>()
      return {
        sync: async (members, options) => {
          const removed = removedBy(members, inner)
          const second = removed.filter((id) => drained.has(id) && inner.inFlightCount(id) > 0)
          for (const id of removed) drained.add(id)
          const draining = inner.sync(members, options)
          if (second.length === 0) return draining
          draining.catch(() => {})
          return { ...nothing, drained: second }
        },
      }
    },
    fails: [again],
  },
  {
    that: 'lets a quick update overtake a slow one',
    breaks: (inner, clock) => {
      let busyCount = 0
      return {
        sync: async (members, options) => {
          busyCount += 1
          const aheadMs = 40 / busyCount
          await clock.sleep(aheadMs, options)
          busyCount -= 1
          return inner.sync(members, options)
        },
      }
    },
    fails: [order],
  },
  {
    that: 'refuses a sync while another is on its way',
    breaks: (inner) => {
      let isBusy = false
      return {
        sync: async (members, options) => {
          if (isBusy) throw new FlotillaError('conflict', 'sync: one at a time')
          isBusy = true
          try {
            return await inner.sync(members, options)
          } finally {
            isBusy = false
          }
        },
      }
    },
    fails: [back, again, order],
  },
  {
    that: 'does not look whether its signal has aborted',
    breaks: around(
      (sync) =>
        async (members, { signal }) =>
          sync(members, { signal: signal.aborted ? never : signal }),
    ),
    fails: [abortedBefore],
  },
  {
    that: 'does the work, and only then looks at its signal',
    breaks: around((sync) => async (members, { signal }) => {
      const report = await sync(members, { signal: signal.aborted ? never : signal })
      signal.throwIfAborted()
      return report
    }),
    fails: [abortedBefore],
  },
  {
    that: 'rejects with an AbortError of its own',
    breaks: failing((error, signal) =>
      signal.aborted ? new DOMException('This operation was aborted', 'AbortError') : error,
    ),
    fails: [abortedBefore, abortedDrain, anyMoment],
  },
  {
    that: 'goes on draining while its signal aborts',
    breaks: around((sync) => async (members, { signal }) => {
      signal.throwIfAborted()
      return sync(members, { signal: never })
    }),
    fails: [abortedDrain],
  },
  {
    that: 'takes its update back when its signal aborts while it drains',
    breaks: around((sync, inner) => async (members, options) => {
      const { members: before } = inner
      try {
        return await sync(members, options)
      } catch (error) {
        if (options.signal.aborted) await inner.sync(before, { signal: never })
        throw error
      }
    }),
    fails: [abortedDrain],
  },
  {
    that: 'breaks what it was draining when its signal aborts',
    breaks: around((sync, inner) => async (members, options) => {
      const removed = removedBy(members, inner)
      try {
        return await sync(members, options)
      } catch (error) {
        if (options.signal.aborted) for (const id of removed) inner.cut(id)
        throw error
      }
    }),
    fails: [abortedDrain],
  },
  {
    that: 'never works again after an abort',
    breaks: (inner) => {
      let wasAborted = false
      return {
        sync: async (members, options) => {
          if (wasAborted) throw new FlotillaError('conflict', 'sync: one was aborted')
          try {
            return await inner.sync(members, options)
          } finally {
            wasAborted ||= options.signal.aborted
          }
        },
      }
    },
    fails: [anyMoment],
  },
  {
    that: 'fails when closed a second time',
    breaks: (inner) => ({
      close: async () => {
        if (inner.closeCount > 0) throw new FlotillaError('closed', 'close: closed already')
        return inner.close()
      },
    }),
    fails: [closed],
  },
  {
    that: 'never settles a second close',
    breaks: (inner) => ({
      close: async () => (inner.closeCount > 0 ? new Promise<never>(() => {}) : inner.close()),
    }),
    fails: [closed],
  },
]
