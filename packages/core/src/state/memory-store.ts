import * as v from 'valibot'
import { hostname } from 'node:os'
import { checkOptions } from '../options/check-options.js'
import * as check from '../options/checks.js'
import { type Closable, disposable } from '../async/disposable.js'
import { FlotillaError } from '../errors.js'
import type { Json } from '../json.js'
import { jsonText } from './file/json-text.js'
import type { Lease, LeaseHolder, StateStore } from './store.js'
import { type Form, optionsForm } from '../options/form.js'

/** A store that lasts as long as the object: for tests, and for groups whose damping need not survive a restart. */
export function memoryStore(): StateStore & Closable & AsyncDisposable {
  // As text, so that what comes out is what a file would give, and nobody holds a part of it.
  const texts = new Map<string, string>()
  const holders = new Map<string, LeaseHolder>()
  const tokens = new Map<string, number>()
  let isClosed = false

  const use = (group: string): void => {
    if (isClosed) throw new FlotillaError('closed', `state of group ${group}: the store is closed`)
    checkOptions('StateStore group', check.name(), group)
  }
  const who = `process ${process.pid} on ${hostname()}`
  const store: StateStore & Closable = {
    async load(group) {
      use(group)
      const text = texts.get(group)
      return text === undefined ? { kind: 'none' } : { kind: 'state', state: JSON.parse(text) as Json }
    },
    async save(group, state, { token } = {}) {
      use(group)
      const text = jsonText(state)
      if (token !== undefined && token < (tokens.get(group) ?? 0)) {
        const message = `save state of group ${group}: another controller has taken over the group since token ${token}`
        throw new FlotillaError('conflict', message)
      }
      texts.set(group, text)
    },
    async acquire(group, { signal }) {
      signal.throwIfAborted()
      use(group)
      const holder = holders.get(group)
      if (holder !== undefined) throw conflict(group, holder)
      const held: LeaseHolder = { who, since: Date.now(), token: (tokens.get(group) ?? 0) + 1 }
      holders.set(group, held)
      tokens.set(group, held.token)
      return leaseOf(group, held, holders)
    },
    async holder(group) {
      use(group)
      return holders.get(group)
    },
    async close() {
      isClosed = true
      holders.clear()
    },
  }
  return disposable(store)
}

/** Nothing but a release ends it: who is suspended or dies here takes everybody else along. */
function leaseOf(group: string, held: LeaseHolder, holders: Map<string, LeaseHolder>): Lease {
  const isHeld = (): boolean => holders.get(group) === held
  return {
    token: held.token,
    isHeld,
    async renew({ signal }) {
      signal.throwIfAborted()
      if (!isHeld()) throw conflict(group, holders.get(group))
    },
    async release() {
      if (isHeld()) holders.delete(group)
    },
  }
}

function conflict(group: string, holder: LeaseHolder | undefined): FlotillaError {
  const by =
    holder === undefined
      ? 'the lease was released'
      : `another controller of this process has held it since ${new Date(holder.since).toISOString()}`
  return new FlotillaError('conflict', `acquire group ${group}: ${by}`)
}

/** How `memoryStore` is written in a file. */
export const memoryStoreForm: Form = optionsForm(
  'a state store',
  'memoryStore',
  memoryStore,
  v.strictObject({}),
)
