import { FlotillaError, type Instance } from '@flotilla/core'
import type { BrokenBackend } from './broken-backend.js'
import { showing } from './broken-backend.js'

const sequential = 'the same token twice, one after the other, is one machine'
const atOnce = 'the same token twice at once is one machine'
const afterRestart = 'the same token after a restart is the same machine'
const afterLostReply = 'the same token after a lost reply is the same machine'
const alphabet = 'a group or token outside the alphabet is refused with invalid-options, and nothing is made'
const lengths = 'a group and a token of one character, and of 63, are taken as they are'
const halfWay = 'a launch that fails half way leaves nothing behind that list does not show'

export const brokenLaunches: readonly BrokenBackend[] = [
  {
    that: 'makes a second machine of the same token, once the first is there',
    breaks: (inner) => {
      return {
        launch: async (request, options) => {
          const isThere = inner.machines.byToken(request.group, request.token) !== undefined
          const instance = await inner.launch(request, options)
          if (!isThere) return instance
          return inner.machines.showOne(inner.machines.add(inner.machines.begin(), request, { bootMs: 0 }))
        },
      }
    },
    fails: [sequential, afterRestart, afterLostReply],
  },
  {
    that: 'looks for the token, and has forgotten that by the time it makes the machine',
    breaks: (inner) => ({
      launch: async (request, options) => {
        const isThere = inner.machines.byToken(request.group, request.token) !== undefined
        const instance = await inner.launch(request, options)
        if (isThere || instance.createdAt === 0) return instance
        const { machines } = inner
        const isTaken = takenBy.get(machines.get(instance.id) ?? {})
        takenBy.set(machines.get(instance.id) ?? {}, true)
        if (isTaken !== true) return instance
        return machines.showOne(
          machines.add(machines.begin(), request, { bootMs: 0, templateHash: inner.templateHash }),
        )
      },
    }),
    fails: [atOnce],
  },
  {
    that: 'remembers its tokens in memory only',
    breaks: (inner) => {
      const byToken = new Map<string, Promise<Instance>>()
      return {
        launch: async ({ group, token }, options) => {
          const known = byToken.get(`${group}/${token}`)
          if (known !== undefined) return known
          const { machines } = inner
          const existing = machines.byToken(group, token)
          const launching =
            existing === undefined
              ? inner.launch({ group, token }, options)
              : Promise.resolve(
                  machines.showOne(machines.add(machines.begin(), { group, token }, { bootMs: 0 })),
                )
          byToken.set(`${group}/${token}`, launching)
          return launching.catch((error: unknown) => {
            byToken.delete(`${group}/${token}`)
            throw error
          })
        },
      }
    },
    fails: [afterRestart, afterLostReply],
  },
  {
    that: 'refuses a token that it has seen',
    breaks: (inner) => ({
      launch: async (request, options) => {
        if (inner.machines.byToken(request.group, request.token) !== undefined) {
          throw new FlotillaError('conflict', `launch ${request.token}: the name is taken`)
        }
        return inner.launch(request, options)
      },
    }),
    fails: [sequential, afterRestart, afterLostReply],
  },
  {
    that: 'makes one machine of all tokens',
    breaks: (inner) => ({
      launch: async (request, options) => {
        const [existing] = inner.machines.show(request.group)
        const launched = await inner.launch({ ...request, token: existing?.token ?? request.token }, options)
        return launched
      },
    }),
    fails: ['two tokens are two machines'],
    andMore: true,
  },
  {
    that: 'leaves the disk of a launch that failed half way',
    breaks: (inner) => ({
      launch: async (request, options) => {
        try {
          return await inner.launch(request, options)
        } catch (error) {
          if (error instanceof FlotillaError && error.code === 'launch-failed') inner.machines.begin()
          throw error
        }
      },
    }),
    fails: [halfWay],
  },
  {
    that: 'leaves the disk of a launch that was aborted',
    breaks: (inner) => ({
      launch: async (request, options) => {
        try {
          return await inner.launch(request, options)
        } catch (error) {
          if (options.signal.aborted) inner.machines.begin()
          throw error
        }
      },
    }),
    fails: [
      "launch that the vendor does not answer rejects with the signal's reason",
      'a launch that is aborted half way leaves nothing behind that list does not show',
    ],
  },
  {
    that: 'never makes the machine of a token whose launch failed',
    breaks: (inner) => {
      const failed = new Set<string>()
      return {
        launch: async (request, options) => {
          if (failed.has(request.token)) throw new FlotillaError('launch-failed', 'it failed before')
          try {
            return await inner.launch(request, options)
          } catch (error) {
            failed.add(request.token)
            throw error
          }
        },
      }
    },
    fails: [afterLostReply, 'the same token after a launch that failed half way makes its machine'],
  },
  {
    that: 'resolves a launch that failed half way',
    breaks: (inner) => ({
      launch: async (request, options) => {
        try {
          return await inner.launch(request, options)
        } catch (error) {
          if (!(error instanceof FlotillaError) || error.code !== 'launch-failed') throw error
          return { ...request, id: 'none', name: 'none', status: 'failed', createdAt: 0 }
        }
      },
    }),
    fails: [halfWay],
  },
  {
    that: 'takes any name',
    breaks: (inner) => ({
      launch: async (request, options) => {
        const [group, token] = [request.group, request.token].map((name) =>
          /^[a-z0-9-]{1,63}$/.test(name) ? name : 'mended',
        )
        return inner.launch({ group: group ?? '', token: token ?? '' }, options)
      },
    }),
    fails: [alphabet],
  },
  {
    that: 'refuses a bad name with a code of its own',
    breaks: (inner) => ({
      launch: async (request, options) => {
        try {
          return await inner.launch(request, options)
        } catch (error) {
          if (!(error instanceof FlotillaError) || error.code !== 'invalid-options') throw error
          throw new FlotillaError('invalid-template', error.message)
        }
      },
    }),
    fails: [alphabet],
  },
  {
    that: 'refuses a bad name only after its disk was made',
    breaks: (inner) => ({
      launch: async (request, options) => {
        try {
          return await inner.launch(request, options)
        } catch (error) {
          if (error instanceof FlotillaError && error.code === 'invalid-options') inner.machines.begin()
          throw error
        }
      },
    }),
    fails: [alphabet],
  },
  {
    that: 'shortens a long token',
    breaks: (inner) => ({
      launch: async (request, options) =>
        inner.launch(
          request.token.length > 63 ? request : { ...request, token: request.token.slice(0, 48) },
          options,
        ),
    }),
    fails: [lengths],
  },
  {
    that: 'refuses a long group',
    breaks: (inner) => ({
      launch: async (request, options) => {
        if (request.group.length > 40) {
          throw new FlotillaError('invalid-options', 'launch: group must be 40 characters at most')
        }
        return inner.launch(request, options)
      },
    }),
    fails: [lengths],
  },
  {
    that: 'shows no template hash',
    breaks: showing(() => ({ templateHash: undefined })),
    fails: ['a machine carries the hash of the template it was launched from'],
  },
  {
    that: 'makes machines that never run',
    options: { bootMs: Infinity },
    breaks: () => ({}),
    fails: ['launch makes a machine that comes to run'],
    andMore: true,
  },
]

/** Machines that one launch has returned already. */
const takenBy = new WeakMap<object, boolean>()
