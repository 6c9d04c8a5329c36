import { FlotillaError } from '@flotilla/core'
import { type BrokenStore, leasing, withLease } from './broken-store.js'

const held = 'a lease is held from its acquisition to its release, which may be done twice'
const second = 'a second one is refused with conflict, naming the holder, and the first is not disturbed'
const one = 'of many that acquire at once only one holds it'
const apart = 'groups are held apart'
const released = 'what was released can be acquired at once, with a larger token'
const closes = 'close releases what was acquired, and the next store gets a larger token'
const lostState = 'tokens grow also when the state was lost'
const reason = "acquire rejects with the signal's own reason"
const renewed = 'a lease that is renewed is held for longer than it lasts, and nobody takes it over'
const doubt =
  'a lease that was not renewed in time is no longer held, for good: its holder acquires anew, with a larger token'
const taken = 'another takes over what was not renewed in time, and the first stays without it'
const saves = 'save with the token of the lease works, and without one too'
const older = 'save with an older token rejects with conflict and changes nothing'
const early = 'save of who was taken over rejects with conflict before the next has saved anything'

export const brokenLeases: readonly BrokenStore[] = [
  {
    that: 'gives a lease to everybody',
    breaks: (inner) => ({
      async acquire(group, options) {
        inner.storage.holders.delete(group)
        return inner.acquire(group, options)
      },
    }),
    fails: [second, one],
    andMore: true,
  },
  {
    that: 'holds what was released',
    breaks: leasing(() => ({ isHeld: () => true })),
    fails: [held, doubt, taken, closes],
  },
  {
    that: 'takes a second release for an error',
    breaks: leasing((lease) => {
      let isReleased = false
      return {
        async release() {
          if (isReleased) throw new Error('released already')
          isReleased = true
          await lease.release()
        },
      }
    }),
    fails: [held],
  },
  {
    that: 'does not say who has it',
    breaks: (inner) => ({
      async acquire(group, options) {
        try {
          return await inner.acquire(group, options)
        } catch (error) {
          if (!(error instanceof FlotillaError) || error.code !== 'conflict') throw error
          throw new FlotillaError('conflict', 'taken')
        }
      },
    }),
    fails: [second],
  },
  {
    that: 'never knows a holder',
    breaks: () => ({ holder: async () => undefined }),
    fails: [second, released, taken],
  },
  {
    that: 'holds every group by one lease',
    breaks: (inner) => ({ acquire: (_, options) => inner.acquire('all', options) }),
    fails: [apart],
    andMore: true,
  },
  {
    that: 'looks and takes in two steps',
    breaks: (inner) => ({
      async acquire(group, options) {
        const holder = await inner.holder(group)
        await Promise.resolve()
        if (holder === undefined) inner.storage.holders.delete(group)
        return inner.acquire(group, options)
      },
    }),
    fails: [one],
  },
  {
    that: 'begins its tokens anew with each holder',
    breaks: (inner) => ({
      async acquire(group, options) {
        if ((await inner.holder(group)) === undefined) inner.storage.tokens.delete(group)
        return inner.acquire(group, options)
      },
    }),
    fails: [released, closes, lostState, older, early],
  },
  {
    that: 'leaves its leases when it is closed',
    breaks: (inner) => ({
      async close() {
        const holders = new Map(inner.storage.holders)
        await inner.close()
        for (const [group, holder] of holders) inner.storage.holders.set(group, holder)
      },
    }),
    fails: [closes],
    andMore: true,
  },
  {
    that: 'keeps its tokens with the state',
    breaks: (inner) => ({
      async acquire(group, options) {
        const { texts, tokens } = inner.storage
        if (!texts.has(group)) tokens.delete(group)
        return inner.acquire(group, options)
      },
    }),
    fails: [lostState],
    andMore: true,
  },
  {
    that: 'pays no heed to the signal',
    breaks: (inner) => ({
      acquire: (group) => inner.acquire(group, { signal: new AbortController().signal }),
    }),
    fails: [reason],
  },
  {
    that: 'renews nothing',
    breaks: leasing(() => ({ renew: async () => {} })),
    fails: [renewed],
    andMore: true,
  },
  {
    that: 'holds again what was in doubt, once it is renewed',
    breaks: leasing((lease) => {
      let isBack = false
      return {
        isHeld: () => isBack || lease.isHeld(),
        async renew(options) {
          await lease.renew(options).catch(() => {})
          isBack = true
        },
      }
    }),
    fails: [doubt, taken],
    andMore: true,
  },
  {
    that: 'gives one that was in doubt the same token again',
    breaks: (inner) => ({
      async acquire(group, options) {
        const before = inner.storage.holders.get(group)
        const lease = await inner.acquire(group, options)
        if (before === undefined) return lease
        return withLease(lease, { token: before.token })
      },
    }),
    fails: [doubt, taken],
  },
  {
    that: 'lets who was taken over release the lease of the next',
    breaks: (inner) => ({
      async acquire(group, options) {
        const lease = await inner.acquire(group, options)
        return withLease(lease, {
          async release() {
            await lease.release()
            inner.storage.holders.delete(group)
          },
        })
      },
    }),
    fails: [taken],
  },
  {
    that: 'refuses to save without a token',
    breaks: (inner) => ({
      async save(group, state, options) {
        const isLeased = inner.storage.tokens.has(group)
        if (isLeased && options?.token === undefined) throw new FlotillaError('conflict', 'no token')
        await inner.save(group, state, options)
      },
    }),
    fails: [saves],
  },
  {
    that: 'pays no heed to the token',
    breaks: (inner) => ({ save: (group, state) => inner.save(group, state) }),
    fails: [older, early],
  },
  {
    that: 'knows a token as old only once the next has saved',
    breaks(inner) {
      const newest = new Map<string, number>()
      return {
        async save(group, state, { token } = {}) {
          if (token !== undefined && token < (newest.get(group) ?? 0))
            throw new FlotillaError('conflict', 'old')
          if (token !== undefined) newest.set(group, token)
          await inner.save(group, state)
        },
      }
    },
    fails: [early],
    andMore: true,
  },
]
