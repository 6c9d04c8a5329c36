import { FlotillaError, type Metrics, type Reading } from '@flotilla/core'
import type { FakeMetrics } from '@flotilla/core/testing'

/** A metric source that breaks one promise, and exactly the cases that must find it. */
export interface BrokenMetrics {
  /** Completes "finds a source that …". */
  readonly that: string
  readonly breaks: (inner: FakeMetrics) => Partial<Metrics>
  readonly fails: readonly string[]
}

const names = 'provides names each metric once, in lower-case words, with its unit'
const one = 'sample gives one reading of the group, or one per instance it was asked about, and nothing else'
const nobody = 'sample about no instances still gives every reading of the group'
const whole =
  'a reading is whole: its unit is the one in provides, its time epoch milliseconds, its value finite'
const holds = 'sample gives what the source holds, in the unit it says'
const absent = 'what cannot be had is an absent reading with its reason, never 0 and never left out'
const nothing = 'when nothing at all could be read it rejects, or every reading is absent'
const before = 'sample whose signal had aborted before rejects with its reason'
const moment = "sample that aborts at any moment gives its readings or rejects with the signal's reason"
const unanswered = "sample of a source that does not answer rejects with the signal's reason"
const closed = 'close may be called twice, at once and later'

/** The good source with its readings changed on the way out. */
function reading(change: (readings: readonly Reading[]) => readonly Reading[]): BrokenMetrics['breaks'] {
  return (inner) => ({ sample: async (request) => change(await inner.sample(request)) })
}

function each(change: (reading: Reading) => Partial<Reading>): BrokenMetrics['breaks'] {
  return reading((readings) => readings.map((given) => ({ ...given, ...change(given) }) as Reading))
}

/** The good source with what it fails with changed on the way out. */
function failing(change: (error: unknown, signal: AbortSignal) => unknown): BrokenMetrics['breaks'] {
  return (inner) => ({
    sample: async (request) => {
      try {
        return await inner.sample(request)
      } catch (error) {
        throw await change(error, request.signal)
      }
    },
  })
}

export const brokenMetrics: readonly BrokenMetrics[] = [
  { that: 'provides nothing', breaks: () => ({ provides: [] }), fails: [names, one, whole] },
  {
    that: 'provides a metric twice',
    breaks: ({ provides }) => ({ provides: [...provides, ...provides] }),
    fails: [names, one],
  },
  {
    that: 'gives its metric a name of capitals and spaces',
    breaks: (inner) => ({
      provides: inner.provides.map((info) => ({ ...info, name: 'CPU usage' })),
      sample: async (request) =>
        (await inner.sample(request)).map((given) => ({ ...given, name: 'CPU usage' })),
    }),
    fails: [names, holds],
  },
  {
    that: 'provides a unit of its own',
    breaks: (inner) => ({
      provides: inner.provides.map((info) => ({ ...info, unit: 'percent' as 'ratio' })),
      sample: async (request) =>
        (await inner.sample(request)).map((given) => ({ ...given, unit: 'percent' as 'ratio' })),
    }),
    fails: [names],
  },
  {
    that: 'leaves out the last instance',
    breaks: (inner) => ({
      sample: async (request) => inner.sample({ ...request, instances: request.instances.slice(0, -1) }),
    }),
    fails: [one],
  },
  {
    that: 'gives the group where it says instances',
    breaks: reading((readings) => readings.slice(0, 1).map((given) => ({ ...given, instanceId: undefined }))),
    fails: [one, absent],
  },
  {
    that: 'gives each reading twice',
    breaks: reading((readings) => [...readings, ...readings]),
    fails: [one, absent],
  },
  {
    that: 'gives a reading of an instance it was not asked about',
    breaks: (inner) => ({
      sample: async (request) => {
        const readings = await inner.sample(request)
        return request.instances.length > 1
          ? readings
          : [...readings, ...readings.map((given) => ({ ...given, instanceId: 'another' }))]
      },
    }),
    fails: [one],
  },
  {
    that: 'gives a metric that it does not provide',
    breaks: (inner) => ({
      sample: async (request) => [
        ...(await inner.sample(request)),
        { kind: 'value', name: 'extra', unit: 'none', at: request.now, value: 1 },
      ],
    }),
    fails: [one, nobody, whole],
  },
  {
    that: 'fails when asked about no instances',
    breaks: (inner) => ({
      sample: async (request) => {
        if (request.instances.length === 0) throw new FlotillaError('unavailable', 'sample: nobody to ask')
        return inner.sample(request)
      },
    }),
    fails: [nobody],
  },
  {
    that: 'gives a window that ends before it begins',
    breaks: each(() => ({ windowMs: -1 })),
    fails: [whole],
  },
  {
    that: 'gives another unit than it provides',
    breaks: each(() => ({ unit: 'count' })),
    fails: [whole],
  },
  { that: 'gives NaN', breaks: each(() => ({ value: NaN })), fails: [whole, holds] },
  {
    that: 'gives a string',
    breaks: each((given) => ({ value: String('value' in given ? given.value : '') as never })),
    fails: [whole],
  },
  { that: 'gives the time in seconds', breaks: each(({ at }) => ({ at: at / 1_000 })), fails: [whole] },
  { that: 'gives a time to come', breaks: each(({ at }) => ({ at: at + 3_600_000 })), fails: [whole] },
  {
    that: 'gives percent',
    breaks: each((given) => ('value' in given ? { value: given.value * 100 } : {})),
    fails: [holds],
  },
  {
    that: 'leaves out what cannot be had',
    breaks: reading((readings) => readings.filter(({ kind }) => kind === 'value')),
    fails: [absent],
  },
  {
    that: 'gives 0 for what cannot be had',
    breaks: each((given) => (given.kind === 'absent' ? { kind: 'value', value: 0 } : {})),
    fails: [absent],
  },
  {
    that: 'gives no reason for what cannot be had',
    breaks: each((given) => (given.kind === 'absent' ? { reason: '' } : {})),
    fails: [absent],
  },
  {
    that: 'gives nothing when one instance cannot be read',
    breaks: (inner) => ({
      sample: async (request) => {
        const readings = await inner.sample(request)
        if (readings.some(({ kind }) => kind === 'absent')) {
          throw new FlotillaError('unavailable', 'sample: one of them did not answer')
        }
        return readings
      },
    }),
    fails: [absent],
  },
  {
    that: 'gives 0 when nothing could be read',
    breaks: (inner) => ({
      sample: async (request) => {
        try {
          return await inner.sample(request)
        } catch (error) {
          if (request.signal.aborted) throw error
          return request.instances.map(({ id }) => ({
            kind: 'value',
            name: 'cpu',
            unit: 'ratio',
            instanceId: id,
            at: request.now,
            value: 0,
          }))
        }
      },
    }),
    fails: [nothing],
  },
  {
    that: 'gives no reading when nothing could be read',
    breaks: (inner) => ({
      sample: async (request) => {
        try {
          return await inner.sample(request)
        } catch (error) {
          if (request.signal.aborted) throw error
          return []
        }
      },
    }),
    fails: [nothing],
  },
  {
    that: "lets the vendor's error through",
    breaks: failing((error) =>
      error instanceof FlotillaError && error.code === 'unavailable' ? error.cause : error,
    ),
    fails: [nothing],
  },
  {
    that: 'does not look whether its signal has aborted',
    breaks: (inner) => ({
      sample: async (request) =>
        inner.sample(request.signal.aborted ? { ...request, signal: new AbortController().signal } : request),
    }),
    fails: [before],
  },
  {
    that: 'rejects with an AbortError of its own',
    breaks: failing((error, signal) =>
      signal.aborted ? new DOMException('This operation was aborted', 'AbortError') : error,
    ),
    fails: [before, moment, unanswered],
  },
  {
    that: 'goes on while its signal aborts',
    breaks: (inner) => ({
      sample: async (request) => {
        request.signal.throwIfAborted()
        return inner.sample({ ...request, signal: new AbortController().signal })
      },
    }),
    fails: [unanswered],
  },
  {
    that: 'never settles once it is aborted',
    breaks: failing((error, signal) => (signal.aborted ? new Promise(() => {}) : error)),
    fails: [before, moment, unanswered],
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
]
