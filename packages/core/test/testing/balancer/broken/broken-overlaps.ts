import { FlotillaError } from '@flotilla/core'
import { around, failing, never, removedBy, type BrokenBalancer } from './broken-balancer.js'

const back = 'a later sync brings a draining member back, and its requests go on'
const again = 'a member brought back and removed again drains again'
const order = 'calls may overlap, and take effect in the order made'
const abortedBefore = 'sync whose signal had aborted before rejects with its reason, and changes nothing'
const abortedDrain =
  "sync that aborts while it drains rejects with the signal's reason, and what took effect stays"
const anyMoment =
  "sync that aborts at any moment gives its report or rejects with the signal's reason, and the next works"
const closed = 'close may be called twice, at once and later'

export const brokenOverlaps: readonly BrokenBalancer[] = [
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
