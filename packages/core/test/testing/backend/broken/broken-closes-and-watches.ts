import { FlotillaError } from '@flotilla/core'
import type { BrokenBackend } from './broken-backend.js'

/** Of `close` and `watch`, and of what `supports` says. */
export const brokenClosesAndWatches: readonly BrokenBackend[] = [
  {
    that: 'fails when closed a second time',
    breaks: (inner) => ({
      close: async () => {
        if (inner.calls.closeCount > 0) throw new FlotillaError('closed', 'close: closed already')
        return inner.close()
      },
    }),
    fails: ['close may be called twice, at once and later'],
  },
  {
    that: 'never settles a second close',
    breaks: (inner) => ({
      close: async () => (inner.calls.closeCount > 0 ? new Promise<never>(() => {}) : inner.close()),
    }),
    fails: ['close may be called twice, at once and later'],
  },
  {
    that: 'takes its machines along when it closes',
    breaks: (inner) => {
      const groups = new Set<string>()
      return {
        launch: async (request, options) => {
          groups.add(request.group)
          return inner.launch(request, options)
        },
        close: async () => {
          for (const group of groups) for (const { id } of inner.machines.show(group)) inner.remove(id)
          return inner.close()
        },
      }
    },
    fails: ['close leaves every machine running'],
  },
  {
    that: 'stops its machines when it closes',
    breaks: (inner) => {
      const groups = new Set<string>()
      return {
        launch: async (request, options) => {
          groups.add(request.group)
          return inner.launch(request, options)
        },
        close: async () => {
          for (const group of groups) for (const { id } of inner.machines.show(group)) inner.crash(id)
          return inner.close()
        },
      }
    },
    fails: ['close leaves every machine running'],
  },
  {
    that: 'watches on after close',
    breaks: (inner) => ({ watch: (group, { signal }) => inner.machines.changes.watch(group, signal) }),
    fails: ['watch after close rejects with closed'],
  },
  {
    that: 'says it has usage, and has none',
    breaks: () => ({ usage: undefined as never }),
    fails: ['usage and watch are there exactly when supports says so'],
    andMore: true,
  },
  {
    that: 'has a watch that it does not support',
    breaks: (inner) => ({ supports: { ...inner.supports, watch: false } }),
    fails: ['usage and watch are there exactly when supports says so'],
  },
  {
    that: 'never tells of a change',
    breaks: (inner) => ({
      watch: (_group, options) => inner.watch?.('nobody', options) as AsyncIterable<never>,
    }),
    fails: [
      'watch tells of a launch and of a terminate, in words',
      'watch tells of a machine that stops by itself',
    ],
  },
  {
    that: 'tells of a change without a word',
    breaks: (inner) => ({
      async *watch(group, options) {
        for await (const change of inner.watch?.(group, options) ?? []) yield { ...change, what: '' }
      },
    }),
    fails: [
      'watch tells of a launch and of a terminate, in words',
      'watch tells of a machine that stops by itself',
    ],
  },
  {
    that: 'does not tell of a crash',
    breaks: (inner) => ({
      async *watch(group, options) {
        for await (const change of inner.watch?.(group, options) ?? []) {
          if (!change.what.startsWith('stopped')) yield change
        }
      },
    }),
    fails: ['watch tells of a machine that stops by itself'],
  },
  {
    that: 'ends its watch after one change',
    breaks: (inner) => ({
      async *watch(group, options) {
        for await (const change of inner.watch?.(group, options) ?? []) {
          yield change
          return
        }
      },
    }),
    fails: ['watch tells of a launch and of a terminate, in words'],
  },
  {
    that: 'ends its watch with an error',
    breaks: (inner) => ({
      async *watch(group, options) {
        yield* inner.watch?.(group, options) ?? []
        options.signal.throwIfAborted()
      },
    }),
    fails: [
      'watch ends without an error when its signal aborts',
      'watch whose signal had aborted before ends at once, without an error',
    ],
  },
  {
    that: 'rejects a watch whose signal had aborted before',
    breaks: (inner) => ({
      async *watch(group, options) {
        options.signal.throwIfAborted()
        yield* inner.watch?.(group, options) ?? []
      },
    }),
    fails: ['watch whose signal had aborted before ends at once, without an error'],
  },
  {
    that: 'never ends its watch',
    breaks: (inner) => ({
      async *watch(group, options) {
        yield* inner.watch?.(group, options) ?? []
        await new Promise(() => {})
      },
    }),
    fails: [
      'watch ends without an error when its signal aborts',
      'watch whose signal had aborted before ends at once, without an error',
    ],
  },
]
