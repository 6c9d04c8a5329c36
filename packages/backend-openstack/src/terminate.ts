import { FlotillaError, inParallel, toFlotillaError, type BatchReport } from '@flotilla/core'
import { isNotFound, type Server } from '@flotilla/openstack-client'
import { removeBelongings } from './belongings.js'
import type { Context } from './context.js'
import { isLocked } from './errors.js'
import type { Ship } from './fleet.js'
import { isOwned, markOf, readLabel } from './labels.js'

/** Pauses between the looks whether a server is gone. */
const defaults = { firstPauseMs: 300, longestPauseMs: 5000 }

interface Ending {
  readonly group: string
  readonly id: string
  /** For errors: `terminate f3a1 of web`. */
  readonly what: string
  /** On the clock's monotonic time. */
  readonly endMs: number
  readonly signal: AbortSignal
}

/** Ends servers of a group, follows each until Nova does not know it any more, and removes what was made for it. */
export async function terminate(
  context: Context,
  { group, ids }: { readonly group: string; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<BatchReport> {
  const { settings, connection } = context
  const wanted = [...new Set(ids)]
  const endMs = connection.clock.monotonic() + settings.terminateTimeoutMs
  const errors = await inParallel(wanted, settings.parallel, async (id) => {
    try {
      // An id that Nova could not have given is nobody's, and must not become part of an address.
      if (isServerId(id))
        await end(context, { group, id, what: `terminate ${id} of ${group}`, endMs, signal })
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      return toFlotillaError(error, `terminate ${id}`)
    }
  })
  connection.fleet.invalidate()
  return {
    done: wanted.filter((_, index) => errors[index] === undefined),
    failed: wanted.flatMap((id, index) => {
      const error = errors[index]
      return error === undefined ? [] : [{ id, error }]
    }),
  }
}

const isServerId = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)

async function end(context: Context, ending: Ending): Promise<void> {
  const { id, what, signal } = ending
  const { connection, pauses, endings } = context
  const ship = await ownShip(context, ending)
  if (ship === undefined) return
  endings.begin(ship)
  try {
    await askForEnd(context, ending)
  } catch (error) {
    // It stays: what was made for it is still in use.
    if (isLocked(error)) endings.end(id)
    throw error
  }
  connection.fleet.endAsked(id)
  await untilGone(context, ending)
  connection.fleet.ended(id)
  connection.headroom.invalidate()
  pauses.quotaFreed()
  const { label } = ship
  await removeBelongings(context, label.owns, { mark: markOf(label), what, signal })
  endings.end(id)
}

/** The server, as it was when its end was asked for before; undefined when it is gone. @throws FlotillaError `not-owned` */
async function ownShip(context: Context, ending: Ending): Promise<Ship | undefined> {
  const { group, id, what, signal } = ending
  const { connection, settings, endings } = context
  // One list tells whose all of them are; what it does not show is asked for by itself.
  const listed = (await connection.fleet.of(group, { signal })).find(({ server }) => server.id === id)
  const server = listed?.server ?? (await look(context, ending))
  if (server === undefined) return endings.get(id)
  const label = readLabel(server.metadata)
  const isOurs: boolean = isOwned(label, { group, scope: settings.scope })
  if (isOurs && label !== undefined) return { server, label }
  const scope = label?.scope === undefined ? '' : ` of scope ${label.scope}`
  const whose = label === undefined ? 'nobody known here' : `group ${label.group}${scope}`
  throw new FlotillaError('not-owned', `${what}: it belongs to ${whose}`, { instanceId: id })
}

/** Undefined when Nova does not know it (any more). */
async function look({ connection }: Context, { id, what, signal }: Ending): Promise<Server | undefined> {
  const step = { what: `${what}: look at it`, signal, instanceId: id }
  return connection.ask(step, async (client, call) => {
    try {
      const server = await client.compute.servers.get(id, call)
      return /^(SOFT_)?DELETED$/.test(server.status) ? undefined : server
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  })
}

/** Asks until Nova takes it on: it refuses while something else is being done to the server. */
async function askForEnd({ connection }: Context, ending: Ending): Promise<void> {
  const { id, what, signal, endMs } = ending
  const { clock } = connection
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)) {
    try {
      await connection.ask({ what, signal, instanceId: id }, async (client, call) =>
        client.compute.servers.delete(id, call),
      )
      return
    } catch (error) {
      signal.throwIfAborted()
      if (isLocked(error)) {
        const text = `${what}: it is locked, and left alone`
        const facts = { cause: (error as FlotillaError).cause, instanceId: id, retryable: false }
        throw new FlotillaError('conflict', text, facts)
      }
      const isBusy = error instanceof FlotillaError && error.code === 'conflict'
      if (!isBusy || clock.monotonic() + pauseMs > endMs) throw error
    }
    await clock.sleep(pauseMs, { signal })
  }
}

async function untilGone(context: Context, ending: Ending): Promise<void> {
  const { group, id, what, signal, endMs } = ending
  const { clock, fleet } = context.connection
  let isAskedAgain = false
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(1.5 * pauseMs, defaults.longestPauseMs)) {
    // All that end at one time are looked at by one list; what is no longer in it is asked for by itself.
    const listed = (await fleet.of(group, { signal })).find(({ server }) => server.id === id)
    // The list may be from before the end was asked for.
    const isDoubtful = listed === undefined || hasFailed(listed.server)
    const server = isDoubtful ? await look(context, ending) : listed.server
    if (server === undefined) return
    if (isDoubtful && hasFailed(server)) {
      if (isAskedAgain) {
        const text = `${what}: it came to ERROR instead: ${server.fault?.message ?? 'no fault is told'}`
        throw new FlotillaError('unknown', text, { instanceId: id })
      }
      // Nova may forget the end of a server that it was making, when it finds the quota full just then.
      isAskedAgain = true
      await askForEnd(context, ending)
      fleet.endAsked(id)
    }
    if (clock.monotonic() + pauseMs > endMs) {
      throw new FlotillaError('timeout', `${what}: Nova has taken it on, and it is still there`, {
        instanceId: id,
      })
    }
    await clock.sleep(pauseMs, { signal })
    fleet.refresh()
  }
}

/** It is in ERROR, and nothing is being done to end it. */
const hasFailed = ({ status, isDeleting }: Server): boolean => status === 'ERROR' && !isDeleting
