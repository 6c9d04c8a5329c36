import { FlotillaError, type SyncReport } from '@flotilla/core'
import { around, nothing, removedBy, reporting, type BrokenBalancer } from './broken-balancer.js'

const replaces = 'the set given replaces the one before'
const empty = 'an empty set answers 503 with Retry-After'
const failed = 'a failed update rejects, the one before stays in force, and the next one works'
const drains = 'a removed member gets no new requests, and sync waits for those in flight, which go on'
const cut = 'sync resolves with cut when the drain bound has passed, and the request is cut off then'
const lists = 'each removed member is in exactly one list of the report'
const back = 'a later sync brings a draining member back, and its requests go on'
const again = 'a member brought back and removed again drains again'
const abortedDrain =
  "sync that aborts while it drains rejects with the signal's reason, and what took effect stays"

export const brokenDrains: readonly BrokenBalancer[] = [
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
]
