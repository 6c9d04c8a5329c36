import { FlotillaError, type BatchReport } from '@flotilla/core'
import { inParallel, toFlotillaError } from '@flotilla/core/authoring'
import { OpenStackError, isNotFound, type Server } from '@flotilla/openstack-client'
import { removeBelongings } from './addresses/belongings.js'
import type { Context } from './context.js'
import { isLocked } from './errors.js'
import { isBeingCopied, reasonToKeep } from './cloud/kept-servers.js'
import { isOwned, markOf, readLabel, type OwnedServer } from './labels.js'

/** Pauses between two looks whether a server is gone. */
const defaults = { firstPauseMs: 300, longestPauseMs: 5000 }

/** One termination under way. */
interface Ending {
  readonly group: string
  readonly id: string
  /** For errors: `terminate f3a1 of web`. */
  readonly what: string
  /** On our monotonic clock. */
  readonly endMs: number
  readonly signal: AbortSignal
  /** Whether a spare stays that a launch has taken meanwhile. */
  readonly onlySpares: boolean
}

interface EndRequest {
  readonly group: string
  readonly ids: readonly string[]
  readonly onlySpares?: boolean
}

/** Deletes servers of a group, waits until Nova does not know them any more, and removes what was made for them. */
export async function terminate(
  context: Context,
  { group, ids, onlySpares = false }: EndRequest,
  signal: AbortSignal,
): Promise<BatchReport> {
  const { settings, connection } = context
  const wanted = [...new Set(ids)]
  const endMs = connection.clock.monotonic() + settings.terminateTimeoutMs
  const errors = await inParallel(wanted, settings.parallel, async (id) => {
    try {
      // An id that Nova could not have given is no server, and must not become part of a URL.
      if (isServerId(id))
        await end(context, { group, id, what: `terminate ${id} of ${group}`, endMs, signal, onlySpares })
      return undefined
    } catch (error) {
      signal.throwIfAborted()
      return toFlotillaError(error, `terminate ${id}`)
    }
  })
  connection.serverList.invalidate()
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
  const { connection, pauses, terminating } = context
  const owned = await findOwned(context, ending)
  if (owned === undefined) return
  if (ending.onlySpares && owned.label.role !== 'spare') {
    throw new FlotillaError('conflict', `${what}: a launch has taken it`, { instanceId: id })
  }
  const current = await untilCopied(context, ending, owned)
  if (current === undefined) return
  if (!current.server.isDeleting) refuseToEnd(context, ending, current)
  terminating.begin(current)
  if (current.server.status !== 'SOFT_DELETED') {
    try {
      await askForEnd(context, ending)
    } catch (error) {
      // The server stays, and uses what was made for it.
      if (isLocked(error)) terminating.end(id)
      throw error
    }
    connection.serverList.endAsked(id)
  }
  const cameToItsEnd = await untilGone(context, ending)
  connection.serverList.ended(id)
  connection.headroom.invalidate()
  pauses.quotaFreed()
  const { label } = owned
  // A server that can be restored still has its ports: the sweeper removes them once Nova has let go of the server.
  if (cameToItsEnd === 'gone') {
    const madeFor = { mark: markOf(label), what, signal, group: ending.group, endedId: id }
    await removeBelongings(context, label.owns, madeFor)
  }
  terminating.end(id)
}

/** @throws FlotillaError `conflict` for a server that somebody has locked, renamed, rescued or shelved */
function refuseToEnd({ settings }: Context, { id, what }: Ending, owned: OwnedServer): void {
  const reason = reasonToKeep(owned, settings)
  if (reason === undefined) return
  throw new FlotillaError('conflict', `${what}: left alone: ${reason}`, { instanceId: id, retryable: false })
}

/**
 * Waits while somebody makes an image of the server, which deleting it would spoil.
 *
 * @returns the server as it is then; undefined when it is gone
 */
async function untilCopied(
  context: Context,
  ending: Ending,
  owned: OwnedServer,
): Promise<OwnedServer | undefined> {
  const { id, what, signal, endMs } = ending
  const { clock } = context.connection
  let current: OwnedServer | undefined = owned
  for (let pauseMs = defaults.firstPauseMs; current !== undefined && isBeingCopied(current.server);) {
    if (clock.monotonic() + pauseMs > endMs) {
      const text = `${what}: left alone: an image of it is being made (${current.server.taskState})`
      throw new FlotillaError('conflict', text, { instanceId: id })
    }
    await clock.sleep(pauseMs, { signal })
    pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)
    current = await findOwned(context, ending)
  }
  return current
}

/**
 * The server as Nova has it now; as it was before, when its deletion was asked for earlier and Nova has forgotten it; undefined
 * when it is gone.
 *
 * @throws FlotillaError `not-owned`
 */
async function findOwned(context: Context, ending: Ending): Promise<OwnedServer | undefined> {
  const { group, id, what } = ending
  const { settings, terminating } = context
  // A list may be as old as the last full one. Whose the server is must be known as of now.
  const server = await look(context, ending)
  if (server === undefined) return terminating.get(id)
  const label = readLabel(server.metadata)
  const isOurs: boolean = isOwned(label, { group, scope: settings.scope })
  if (isOurs && label !== undefined) return { server, label }
  const scope = label?.scope === undefined ? '' : ` of scope ${label.scope}`
  const whose = label === undefined ? 'nobody known here' : `group ${label.group}${scope}`
  throw new FlotillaError('not-owned', `${what}: it belongs to ${whose}`, { instanceId: id })
}

/** Undefined when Nova does not know the server. */
async function look({ connection }: Context, { id, what, signal }: Ending): Promise<Server | undefined> {
  const step = { what: `${what}: look at it`, signal, instanceId: id }
  return connection.ask(step, async (client, call) => {
    try {
      const server = await client.compute.servers.get(id, call)
      return server.status === 'DELETED' ? undefined : server
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  })
}

/** Asks until Nova accepts: it refuses while something else is being done to the server. */
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

/** @returns `restorable` where the cloud keeps deleted servers for a while and only an admin may delete them for good */
async function untilGone(context: Context, ending: Ending): Promise<'gone' | 'restorable'> {
  const { group, id, what, signal, endMs } = ending
  const { clock, serverList } = context.connection
  let isAskedAgain = false
  let isForced = false
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(1.5 * pauseMs, defaults.longestPauseMs)) {
    // One list serves all that end at one time. A server that is not in it is asked for by id.
    const listed = (await serverList.of(group, { signal })).find(({ server }) => server.id === id)
    // The list may be older than the delete.
    const isDoubtful = listed === undefined || hasFailed(listed.server)
    const server = isDoubtful ? await look(context, ending) : listed.server
    if (server === undefined) return 'gone'
    if (server.status === 'SOFT_DELETED' && !isForced) {
      if (!(await force(context, ending))) return 'restorable'
      isForced = true
    }
    if (isDoubtful && hasFailed(server)) {
      if (isAskedAgain) {
        const text = `${what}: it came to ERROR instead: ${server.fault?.message ?? 'Nova shows no fault'}`
        throw new FlotillaError('unknown', text, { instanceId: id })
      }
      // Nova may forget the delete of a server in BUILD when it finds the quota full just then.
      isAskedAgain = true
      await askForEnd(context, ending)
      serverList.endAsked(id)
    }
    if (clock.monotonic() + pauseMs > endMs) {
      throw new FlotillaError(
        'timeout',
        `${what}: Nova has accepted the delete, and the server still exists`,
        {
          instanceId: id,
        },
      )
    }
    await clock.sleep(pauseMs, { signal })
    serverList.refresh()
  }
}

/** Asks a cloud with deferred deletion to delete the server now. False where it refuses. */
async function force({ connection }: Context, { id, what, signal }: Ending): Promise<boolean> {
  const step = { what: `${what}: end it for good`, signal, instanceId: id }
  return connection.ask(step, async (client, call) => {
    try {
      await client.compute.servers.forceDelete(id, call)
      return true
    } catch (error) {
      if (isNotFound(error)) return true
      if (error instanceof OpenStackError && /^(forbidden|conflict|bad-request)$/.test(error.code))
        return false
      throw error
    }
  })
}

/** Whether a server is in ERROR and is not being deleted. */
const hasFailed = ({ status, isDeleting }: Server): boolean => status === 'ERROR' && !isDeleting
