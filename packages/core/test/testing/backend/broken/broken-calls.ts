import { FlotillaError } from '@flotilla/core'
import type { BackendCall, FakeBackend } from '@flotilla/core/testing'
import type { BrokenBackend } from './broken-backend.js'

const calls: readonly BackendCall[] = ['list', 'launch', 'terminate', 'usage']
const never = new AbortController().signal

type Call = (options: { readonly signal: AbortSignal }) => Promise<unknown>

/** A backend with something around one of its calls. */
function around(
  call: BackendCall,
  wrap: (make: Call, signal: AbortSignal, inner: FakeBackend) => Promise<unknown>,
): BrokenBackend['breaks'] {
  return (inner) => ({
    [call]: async (...args: readonly unknown[]) => {
      const subject = args.slice(0, -1)
      const { signal } = args.at(-1) as { readonly signal: AbortSignal }
      const method = inner[call]?.bind(inner) as (...all: readonly unknown[]) => Promise<unknown>
      return wrap(async (options) => method(...subject, options), signal, inner)
    },
  })
}

const before = (call: BackendCall): string =>
  `${call} rejects with the signal's reason when that aborted before, and does nothing`
const anyMoment = (call: BackendCall): string =>
  `${call} that aborts at any moment gives its result or rejects with the signal's reason`
const unanswered = (call: BackendCall): string =>
  `${call} that the vendor does not answer rejects with the signal's reason`
const ownBound = (call: BackendCall): string =>
  `${call} that the vendor does not answer ends within its own bound, with timeout`
const translated = (call: BackendCall): string =>
  `${call}: the vendor's error becomes a FlotillaError once, with the vendor's own as cause`
const afterClose = (call: BackendCall): string => `${call} after close rejects with closed`
const abortedLaunch = 'a launch that is aborted half way leaves nothing behind that list does not show'

/** Changes what a call fails with. */
function failing(call: BackendCall, change: (error: unknown) => unknown): BrokenBackend['breaks'] {
  return around(call, async (make, signal) => {
    try {
      return await make({ signal })
    } catch (error) {
      throw change(error)
    }
  })
}

function isUnavailable(error: unknown): error is FlotillaError {
  return error instanceof FlotillaError && error.code === 'unavailable'
}

export const brokenCalls: readonly BrokenBackend[] = calls.flatMap((call): readonly BrokenBackend[] => [
  {
    that: `does not look whether the signal of ${call} has aborted`,
    breaks: around(call, async (make, signal) => make({ signal: signal.aborted ? never : signal })),
    fails: [before(call)],
  },
  {
    that: `rejects ${call} with an AbortError of its own`,
    breaks: around(call, async (make, signal) => {
      try {
        return await make({ signal })
      } catch (error) {
        throw signal.aborted ? new DOMException('This operation was aborted', 'AbortError') : error
      }
    }),
    fails: [before(call), anyMoment(call), unanswered(call), ...(call === 'launch' ? [abortedLaunch] : [])],
  },
  {
    that: `translates the abort of ${call}`,
    breaks: around(call, async (make, signal) => {
      try {
        return await make({ signal })
      } catch (error) {
        if (signal.aborted) throw new FlotillaError('unknown', `${call}: aborted`, { cause: error })
        throw error
      }
    }),
    fails: [before(call), anyMoment(call), unanswered(call), ...(call === 'launch' ? [abortedLaunch] : [])],
  },
  {
    that: `never settles ${call} once it is aborted`,
    breaks: around(call, async (make, signal) => {
      try {
        return await make({ signal })
      } catch (error) {
        if (signal.aborted) await new Promise(() => {})
        throw error
      }
    }),
    fails: [before(call), anyMoment(call), unanswered(call), ...(call === 'launch' ? [abortedLaunch] : [])],
  },
  {
    that: `puts no bound on ${call}`,
    breaks: failingByTimeout(call, () => new Promise(() => {})),
    fails: [ownBound(call)],
  },
  {
    that: `calls a timeout of ${call} unavailable`,
    breaks: failingByTimeout(call, async (error) => {
      throw new FlotillaError('unavailable', error.message)
    }),
    fails: [ownBound(call)],
  },
  {
    that: `lets the vendor's error through ${call}`,
    breaks: failing(call, (error) => (isUnavailable(error) ? error.cause : error)),
    fails: [translated(call)],
  },
  {
    that: `drops the vendor's error in ${call}`,
    breaks: failing(call, (error) =>
      isUnavailable(error) ? new FlotillaError(error.code, error.message) : error,
    ),
    fails: [translated(call)],
  },
  {
    that: `translates the vendor's error in ${call} twice`,
    breaks: failing(call, (error) =>
      isUnavailable(error)
        ? new FlotillaError('unknown', `again: ${error.message}`, { cause: error })
        : error,
    ),
    fails: [translated(call)],
  },
  {
    that: `answers ${call} after close`,
    breaks: around(call, async (make, signal, inner) => {
      try {
        return await make({ signal })
      } catch (error) {
        if (!(error instanceof FlotillaError) || error.code !== 'closed') throw error
        return call === 'list' ? inner.machines.show('web') : { done: [], failed: [] }
      }
    }),
    fails: [afterClose(call)],
  },
  {
    that: `calls ${call} after close unavailable`,
    breaks: failing(call, (error) =>
      error instanceof FlotillaError && error.code === 'closed'
        ? new FlotillaError('unavailable', error.message)
        : error,
    ),
    fails: [afterClose(call)],
  },
])

function failingByTimeout(
  call: BackendCall,
  then: (error: FlotillaError) => Promise<never>,
): BrokenBackend['breaks'] {
  return around(call, async (make, signal) => {
    try {
      return await make({ signal })
    } catch (error) {
      if (error instanceof FlotillaError && error.code === 'timeout' && !/lost/.test(error.message)) {
        return then(error)
      }
      throw error
    }
  })
}

/** Calls that do what they are asked though nobody waits any more. */
export const brokenAborts: readonly BrokenBackend[] = (['launch', 'terminate'] as const).map((call) => ({
  that: `does the work of ${call}, and only then looks at its signal`,
  breaks: around(call, async (make, signal) => {
    const result = await make({ signal: signal.aborted ? never : signal })
    signal.throwIfAborted()
    return result
  }),
  fails: [before(call)],
}))
