import { FlotillaError, type Json } from '@flotilla/core'
import type { BrokenStore } from './broken-store.js'

const none = 'load has nothing of a group that was never saved'
const last = 'load gives what was saved last, also to another store on the same storage'
const apart = 'groups are kept apart'
const damaged = 'what cannot be trusted is damaged, not an error and not a guess'
const failed = 'a save that fails leaves what was stored before, and the next one works'
const plain = 'a state that is not plain JSON is refused with invalid-options, and the one before is kept'
const order = 'saves of one group take effect in the order made'
const many = 'saves of many groups at once reach each their own'
const copied = 'states are copied in and out'
const names = 'a name that no group can have is refused with invalid-options'
const waits = 'close waits for saves under way'
const closed = 'close may be called twice, and calls after it reject with closed'

export const brokenStates: readonly BrokenStore[] = [
  {
    that: 'has an empty state of a group that was never saved',
    breaks: (inner) => ({
      async load(group) {
        const loaded = await inner.load(group)
        return loaded.kind === 'none' ? { kind: 'state', state: {} } : loaded
      },
    }),
    fails: [none],
  },
  {
    that: 'keeps states in its own process',
    breaks(inner) {
      const own = new Map<string, string>()
      return {
        async load(group) {
          await inner.load(group)
          const text = own.get(group)
          return text === undefined ? { kind: 'none' } : { kind: 'state', state: JSON.parse(text) as Json }
        },
        async save(group, state, options) {
          await inner.save(group, state, options)
          own.set(group, JSON.stringify(state))
        },
      }
    },
    fails: [last],
    andMore: true,
  },
  {
    that: 'keeps one state for all groups that begin alike',
    breaks: (inner) => ({
      load: (group) => inner.load(group.slice(0, 12)),
      save: (group, state, options) => inner.save(group.slice(0, 12), state, options),
    }),
    fails: [apart],
    andMore: true,
  },
  {
    that: 'rejects where the state is damaged',
    breaks: (inner) => ({
      async load(group) {
        const loaded = await inner.load(group)
        if (loaded.kind === 'damaged') throw new FlotillaError('state-damaged', loaded.reason)
        return loaded
      },
    }),
    fails: [damaged],
  },
  {
    that: 'takes what is damaged for nothing',
    breaks: (inner) => ({
      async load(group) {
        const loaded = await inner.load(group)
        return loaded.kind === 'damaged' ? { kind: 'none' } : loaded
      },
    }),
    fails: [damaged],
  },
  {
    that: 'removes the state before it writes the next',
    breaks: (inner) => ({
      async save(group, state, options) {
        inner.storage.texts.delete(group)
        await inner.save(group, state, options)
      },
    }),
    fails: [failed],
    andMore: true,
  },
  {
    that: 'says that a save which failed was done',
    breaks: (inner) => ({
      async save(group, state, options) {
        await inner.save(group, state, options).catch((error: unknown) => {
          if (!(error instanceof FlotillaError) || error.code !== 'unavailable') throw error
        })
      },
    }),
    fails: [failed],
  },
  {
    that: 'turns what is no JSON into null',
    breaks: (inner) => ({
      save: (group, state, options) => inner.save(group, JSON.parse(JSON.stringify(state)) as Json, options),
    }),
    fails: [plain],
  },
  {
    that: 'lets saves overtake each other',
    breaks(inner) {
      let count = 0
      return {
        async save(group, state, options) {
          const text = JSON.stringify(state)
          count += 1
          for (let turn = 60 - count; turn > 0; turn -= 1) await Promise.resolve()
          await inner.save(group, JSON.parse(text) as Json, options)
        },
      }
    },
    fails: [order],
    andMore: true,
  },
  {
    that: 'writes only the last of saves that come at once',
    breaks(inner) {
      let latest: (() => Promise<void>) | undefined
      return {
        async save(group, state, options) {
          const text = JSON.stringify(state)
          const write = (): Promise<void> => inner.save(group, JSON.parse(text) as Json, options)
          latest = write
          await Promise.resolve()
          if (latest === write) await write()
        },
      }
    },
    fails: [many],
    andMore: true,
  },
  {
    that: 'keeps the object that it was given',
    breaks(inner) {
      const kept = new Map<string, Json>()
      return {
        async load(group) {
          const loaded = await inner.load(group)
          const state = kept.get(group)
          return loaded.kind === 'state' && state !== undefined ? { kind: 'state', state } : loaded
        },
        async save(group, state, options) {
          await inner.save(group, state, options)
          kept.set(group, state)
        },
      }
    },
    fails: [copied],
    andMore: true,
  },
  {
    that: 'takes any name',
    breaks: (inner) => ({
      load: (group) => inner.load(/^[a-z0-9-]{1,60}$/.test(group) ? group : 'any'),
      save: (group, state, options) =>
        inner.save(/^[a-z0-9-]{1,60}$/.test(group) ? group : 'any', state, options),
    }),
    fails: [names],
  },
  {
    that: 'does not wait for saves when it is closed',
    breaks: (inner) => ({
      async save(group, state, options) {
        const text = JSON.stringify(state)
        await inner.storage.clock.sleep(50)
        await inner.save(group, JSON.parse(text) as Json, options)
      },
    }),
    fails: [waits],
    andMore: true,
  },
  {
    that: 'goes on after it was closed',
    breaks: () => ({ close: async () => {} }),
    fails: [closed],
    andMore: true,
  },
  {
    that: 'rejects when it is closed again',
    breaks(inner) {
      let isClosed = false
      return {
        async close() {
          if (isClosed) throw new Error('closed already')
          isClosed = true
          await inner.close()
        },
      }
    },
    fails: [closed],
  },
]
