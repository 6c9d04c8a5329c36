import { FlotillaError } from '@flotilla/core'
import type { FakeBackend } from '@flotilla/core/testing'
import { everyMachine, showing, type BrokenBackend } from './broken-backend.js'

const behind = 'endGroup leaves nothing behind once the machines are gone, and may be called again'
const never = 'endGroup of a group that never was is an empty report'
const others = 'endGroup touches no machine of another group'
const again = 'a group that has ended can begin again'
const aborted = 'endGroup whose signal had aborted before rejects with its reason'
const closed = 'endGroup after close rejects with closed'
const told =
  'list tells of a machine that the platform says cannot serve, with the reason, until it says so no longer'
const ended = 'a machine that cannot serve is ended like any other'

type EndGroup = FakeBackend['endGroup']

function ending(wrap: (end: EndGroup, inner: FakeBackend) => EndGroup): BrokenBackend['breaks'] {
  return (inner) => ({ endGroup: wrap(inner.endGroup.bind(inner), inner) })
}

/** Of `endGroup`, and of what the platform says of a machine. */
export const brokenEnds: readonly BrokenBackend[] = [
  {
    that: 'leaves a disk behind when a group ends',
    breaks: ending((end, inner) => async (group, options) => {
      inner.machines.begin()
      return end(group, options)
    }),
    fails: [behind],
  },
  {
    that: 'reports what is gone already as something it could not end',
    breaks: ending((end) => {
      const known = new Set<string>()
      return async (group, options) => {
        const report = await end(group, options)
        if (!known.has(group)) {
          known.add(group)
          return report
        }
        const error = new FlotillaError('not-found', 'no such pool')
        return { ...report, failed: [{ id: 'pool', error }] }
      }
    }),
    fails: [behind],
  },
  {
    that: 'reports what it never had',
    breaks: ending((end) => async (group, options) => ({ ...(await end(group, options)), done: ['pool'] })),
    fails: [never],
  },
  {
    that: 'ends the machines of every group',
    breaks: ending((end, inner) => async (group, options) => {
      for (const { id } of everyMachine(inner)) inner.remove(id)
      return end(group, options)
    }),
    fails: [others],
  },
  {
    that: 'launches nothing more for a group that has ended',
    breaks: (inner) => {
      const over = new Set<string>()
      return {
        endGroup: async (group, options) => {
          over.add(group)
          return inner.endGroup(group, options)
        },
        launch: async (request, options) => {
          if (over.has(request.group)) throw new FlotillaError('conflict', 'launch: the group has ended')
          return inner.launch(request, options)
        },
      }
    },
    fails: [again],
  },
  {
    that: 'ends a group although nobody waits for it any longer',
    breaks: ending((end) => async (group) => end(group, { signal: new AbortController().signal })),
    fails: [aborted],
  },
  {
    that: 'ends groups after it was closed',
    breaks: ending(() => async (_, { signal }) => {
      signal.throwIfAborted()
      return { done: [], failed: [] }
    }),
    fails: [closed],
  },
  {
    that: 'does not tell of a machine that cannot serve',
    breaks: showing(() => ({ impaired: undefined })),
    fails: [told],
  },
  {
    that: 'gives no reason why a machine cannot serve',
    breaks: showing(({ impaired }) => ({ impaired: impaired === undefined ? undefined : ' ' })),
    fails: [told],
  },
  {
    that: 'goes on saying that a machine cannot serve',
    breaks: (inner) => {
      const known = new Map<string, string>()
      return {
        list: async (group, options) =>
          (await inner.list(group, options)).map((instance) => {
            if (instance.impaired !== undefined) known.set(instance.id, instance.impaired)
            return { ...instance, impaired: known.get(instance.id) }
          }),
      }
    },
    fails: [told],
  },
  {
    that: 'does not end a machine that cannot serve',
    breaks: (inner) => ({
      terminate: async (group, ids, options) => {
        const stuck = ids.filter((id) => inner.machines.get(id)?.impaired !== undefined)
        const report = await inner.terminate(
          group,
          ids.filter((id) => !stuck.includes(id)),
          options,
        )
        const error = new FlotillaError('conflict', 'terminate: it is paused')
        return { ...report, failed: [...report.failed, ...stuck.map((id) => ({ id, error }))] }
      },
    }),
    fails: [ended],
    andMore: true,
  },
]
