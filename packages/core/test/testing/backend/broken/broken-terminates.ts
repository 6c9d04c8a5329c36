import { FlotillaError, type BatchReport } from '@flotilla/core'
import type { FakeBackend } from '@flotilla/core/testing'
import type { BrokenBackend } from './broken-backend.js'

const ofGone = 'terminate of what is already gone succeeds'
const ofGoneAfterRestart = 'terminate of what is already gone succeeds after a restart too'
const atOnce = 'terminate of one machine twice at once succeeds both times'
const ofOthers = 'terminate of a machine of another group fails with not-owned, and it lives on'
const ofNobody = 'terminate of a machine of nobody fails with not-owned, and it lives on'
const partial = 'terminate reports what was done and what failed, every id in exactly one of the two'
const refused = 'terminate reports a machine that the vendor would not end as failed, and list still shows it'
const runsOn = 'terminate resolves only when what it reports done no longer runs'
const named = 'terminate ends exactly the machines named'

/** A backend whose reports are changed on the way out. */
function reporting(
  change: (report: BatchReport, ids: readonly string[]) => BatchReport,
): BrokenBackend['breaks'] {
  return (inner) => ({
    terminate: async (group, ids, options) => change(await inner.terminate(group, ids, options), ids),
  })
}

/** So that the break shows where a case has waited for its machines to run, and the other cases go on. */
function areTwoRunning({ machines }: FakeBackend, ids: readonly string[]): boolean {
  const found = ids.map((id) => machines.get(id))
  return (
    found.length === 2 &&
    found.every((machine) => machine !== undefined && machines.showOne(machine).status === 'running')
  )
}

export const brokenTerminates: readonly BrokenBackend[] = [
  {
    that: 'rejects when a machine is gone',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const gone = ids.find((id) => inner.machines.get(id) === undefined)
        if (gone !== undefined) throw new FlotillaError('not-found', `terminate ${gone}: 404`)
        return inner.terminate(group, ids, options)
      },
    }),
    fails: [ofGone, ofGoneAfterRestart, partial],
  },
  {
    that: 'reports a machine that is gone as failed',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const goneIds = ids.filter((id) => inner.machines.get(id) === undefined)
        const { done, failed } = await inner.terminate(group, ids, options)
        return {
          done: done.filter((id) => !goneIds.includes(id)),
          failed: [...failed, ...goneIds.map((id) => ({ id, error: new FlotillaError('not-found', '404') }))],
        }
      },
    }),
    fails: [ofGone, ofGoneAfterRestart, partial],
  },
  {
    that: 'knows from memory only what is gone',
    breaks: (inner) => {
      const ended = new Set<string>()
      return {
        terminate: async (group, ids, options) => {
          const lost = ids.find((id) => inner.machines.get(id) === undefined && !ended.has(id))
          if (lost !== undefined) throw new FlotillaError('not-found', `terminate ${lost}: never heard of it`)
          for (const id of ids) ended.add(id)
          return inner.terminate(group, ids, options)
        },
      }
    },
    fails: [ofGoneAfterRestart],
  },
  {
    that: 'fails the second of two that end one machine at once',
    breaks: (inner) => {
      const ending = new Set<string>()
      return {
        terminate: async (group, ids, options) => {
          const busy = ids.find((id) => ending.has(id))
          if (busy !== undefined) throw new FlotillaError('conflict', `terminate ${busy}: 409`)
          for (const id of ids) ending.add(id)
          try {
            return await inner.terminate(group, ids, options)
          } finally {
            for (const id of ids) ending.delete(id)
          }
        },
      }
    },
    fails: [atOnce],
  },
  {
    that: 'ends the machines of another group',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const owner = inner.machines.get(ids[0] ?? '')?.group
        return inner.terminate(owner ?? group, ids, options)
      },
    }),
    fails: [ofOthers],
  },
  {
    that: "ends nobody's machines",
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        for (const id of ids) {
          const machine = inner.machines.get(id)
          if (machine !== undefined && machine.group === undefined) inner.machines.remove(id)
        }
        return inner.terminate(group, ids, options)
      },
    }),
    fails: [ofNobody],
  },
  {
    that: 'spares a foreign machine, and reports it done',
    breaks: reporting(({ done, failed }) => ({ done: [...done, ...failed.map(({ id }) => id)], failed: [] })),
    fails: [ofOthers, ofNobody, partial, refused],
  },
  {
    that: 'calls a foreign machine not found',
    breaks: reporting(({ done, failed }) => ({
      done,
      failed: failed.map(({ id, error }) => ({
        id,
        error: error.code === 'not-owned' ? new FlotillaError('not-found', error.message) : error,
      })),
    })),
    fails: [ofOthers, ofNobody, partial],
  },
  {
    that: 'leaves out of its report what failed',
    breaks: reporting(({ done }) => ({ done, failed: [] })),
    fails: [ofOthers, ofNobody, partial, refused],
  },
  {
    that: 'reports what failed as done too',
    breaks: reporting(({ failed }, ids) => ({ done: ids, failed })),
    fails: [ofOthers, ofNobody, partial, refused],
  },
  {
    that: 'leaves out of its report what was done',
    breaks: reporting(({ failed }) => ({ done: [], failed })),
    fails: ['terminate ends a machine for good, with all that was made for it'],
    andMore: true,
  },
  {
    that: 'rejects the batch when one machine fails',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const report = await inner.terminate(group, ids, options)
        const [first] = report.failed
        if (first !== undefined) throw first.error
        return report
      },
    }),
    fails: [ofOthers, ofNobody, partial, refused],
  },
  {
    that: "reports the vendor's own error for a machine",
    breaks: reporting(({ done, failed }) => ({
      done,
      failed: failed.map(({ id, error }) => ({
        id,
        error: error.code === 'not-owned' ? error : (new Error('409') as FlotillaError),
      })),
    })),
    fails: [refused],
  },
  {
    that: 'reports done what the vendor would not end',
    breaks: reporting((report, ids) => {
      const isRefused = report.failed.some(({ error }) => error.code === 'conflict')
      return isRefused ? { done: ids, failed: [] } : report
    }),
    fails: [refused],
  },
  {
    that: 'ends another machine of the group than the one named',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const [first] = inner.machines.show(group)
        if (ids.length !== 1 || first === undefined || inner.machines.get(ids[0] ?? '')?.group !== group) {
          return inner.terminate(group, ids, options)
        }
        await inner.terminate(group, [first.id], options)
        return { done: ids, failed: [] }
      },
    }),
    fails: ['list reads its own writes: it no longer shows what terminate has ended', named],
  },
  {
    that: 'ends more than what was named',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const report = await inner.terminate(group, ids, options)
        const [next] = inner.machines.show(group)
        if (report.done.length === 1 && next !== undefined) inner.machines.remove(next.id)
        return report
      },
    }),
    fails: [
      'list reads its own writes: it no longer shows what terminate has ended',
      'an instance that cannot be read gets an absent reading with its reason, and the others are read',
      refused,
      named,
    ],
  },
  {
    that: 'takes no names for all machines',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        if (ids.length === 0) for (const { id } of inner.machines.show(group)) inner.machines.remove(id)
        return inner.terminate(group, ids, options)
      },
    }),
    fails: ['terminate of nothing is an empty report'],
  },
  {
    that: 'reports done while the machine still runs, hidden from list',
    breaks: (inner) => {
      const hidden = new Set<string>()
      return {
        list: async (group, options) =>
          (await inner.list(group, options)).filter(({ id }) => !hidden.has(id)),
        terminate: async (group, ids, options) => {
          if (!areTwoRunning(inner, ids)) return inner.terminate(group, ids, options)
          for (const id of ids) hidden.add(id)
          return { done: ids, failed: [] }
        },
      }
    },
    fails: [runsOn],
  },
  {
    that: 'reports done as soon as it has asked for the end',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        if (!areTwoRunning(inner, ids)) return inner.terminate(group, ids, options)
        for (const id of ids) inner.setStatus(id, 'stopping')
        return { done: ids, failed: [] }
      },
    }),
    fails: [runsOn],
  },
  {
    that: 'leaves the disk of what it ended',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const report = await inner.terminate(group, ids, options)
        for (const _ of report.done) inner.machines.begin()
        return report
      },
    }),
    fails: ['terminate ends a machine for good, with all that was made for it'],
    andMore: true,
  },
]
