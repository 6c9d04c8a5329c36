import { FlotillaError, type CallOptions, type Instance } from '@flotilla/core'
import type { Cloud, Server } from '@flotilla/openstack-client'
import type { Context } from '../context.js'
import { fromOpenStack } from '../errors.js'
import { isOwned, labels, readLabel, type Label, type OwnedServer } from '../labels.js'

/** The launch that takes a spare. */
interface Taker extends CallOptions {
  readonly group: string
  readonly token: string
  /** For errors: `launch web-1`. */
  readonly what: string
}

type Step = CallOptions & { readonly what: string }

/** How to wake a server, by the status it sleeps in. */
const wakers: Readonly<Record<string, (client: Cloud, id: string, call: CallOptions) => Promise<void>>> = {
  SHUTOFF: async (client, id, call) => client.compute.servers.start(id, call),
  PAUSED: async (client, id, call) => client.compute.servers.unpause(id, call),
  SHELVED: async (client, id, call) => client.compute.servers.unshelve(id, call),
  SHELVED_OFFLOADED: async (client, id, call) => client.compute.servers.unshelve(id, call),
}

/** Whether a server sleeps in a status in which Nova takes no metadata. */
const isShelved = ({ status }: Server): boolean => status === 'SHELVED' || status === 'SHELVED_OFFLOADED'

/**
 * Takes a spare of the current template: writes the token into its metadata, then wakes it. A shelved spare takes no metadata, so
 * it is woken first. Should the launch die meanwhile, it is a running spare, which the pool puts to sleep again.
 */
export async function takeSpare(
  context: Context,
  ownedServers: readonly OwnedServer[],
  taker: Taker,
): Promise<OwnedServer | undefined> {
  const { settings, templateHash, taking } = context
  if (settings.warmPool === undefined) return undefined
  const { group, token, what, signal } = taker
  for (const owned of ownedServers) {
    const { server, label } = owned
    const isOurs = isOwned(label, { group, scope: settings.scope })
    const isReady = isUsable(server)
    const isFree = isOurs && label.role === 'spare' && label.templateHash === templateHash
    if (!isReady || !isFree || taking.has(server.id)) continue
    taking.add(server.id)
    try {
      if (isShelved(server)) await wakeUntilActive(context, owned, taker)
      const claimed = await claim(context, owned, { ...label, token, role: 'waking' }, taker)
      if (claimed === undefined) continue
      await wake(context, claimed, { what, signal })
      return claimed
    } finally {
      taking.delete(server.id)
      context.connection.serverList.changed(server.id)
    }
  }
  return undefined
}

/** Whether a spare sleeps or runs, and nothing is being done to it. */
const isUsable = ({ status, taskState, isDeleting }: Server): boolean =>
  (status === 'ACTIVE' || wakers[status] !== undefined) && taskState === undefined && !isDeleting

/** Undefined when the spare is gone, or another launch took it. */
async function claim(
  { connection }: Context,
  { server }: OwnedServer,
  label: Label,
  { what, signal }: Taker,
): Promise<OwnedServer | undefined> {
  const { id } = server
  const marks = { [labels.token]: label.token, [labels.role]: 'waking', [labels.madeAs]: label.madeAs }
  try {
    return await connection.ask(
      { what: `${what}: take spare ${id}`, signal, instanceId: id },
      async (client, call) => {
        const now = await client.compute.servers.get(id, call)
        if (!isUsable(now) || readLabel(now.metadata)?.role !== 'spare') return undefined
        const metadata = await client.compute.servers.metadata.set(id, marks, call)
        return { server: { ...now, metadata }, label }
      },
    )
  } catch (error) {
    if (error instanceof FlotillaError && error.code === 'not-found') return undefined
    throw error
  }
}

/** How long a woken server may be listed as asleep: by a list asked for before, and because Nova shows the change late. */
const wakingMs = 15_000

/** Wakes a server that sleeps, and leaves any other as it is. */
export async function wake(context: Context, { server }: OwnedServer, { what, signal }: Step): Promise<void> {
  const { connection, woken } = context
  const { id, status } = server
  const waker = wakers[status]
  if (waker === undefined) return
  await connection.ask({ what: `${what}: wake ${id}`, signal, instanceId: id }, async (client, call) =>
    waker(client, id, call),
  )
  const now = connection.clock.monotonic()
  for (const [other, untilMs] of woken) if (untilMs <= now) woken.delete(other)
  woken.set(id, now + wakingMs)
  connection.serverList.made(id)
}

/** The instance, as `pending` while it is being woken: as a stopped one it would be replaced. */
export function unlessAsleep({ taking, woken, connection }: Context, instance: Instance): Instance {
  const { id, status } = instance
  const isAsleep = status === 'stopped' || status === 'paused'
  const isWaking = isAsleep && (woken.get(id) ?? -Infinity) > connection.clock.monotonic()
  if (!taking.has(id) && !isWaking) return instance
  return { ...instance, status: 'pending', statusReason: 'it is being woken' }
}

async function wakeUntilActive(context: Context, owned: OwnedServer, taker: Taker): Promise<void> {
  const { connection, settings } = context
  const { id } = owned.server
  const { what, signal } = taker
  await wake(context, owned, taker)
  // Not with `ask`, whose bound is that of one or two calls.
  try {
    const bound = { signal, timeoutMs: settings.buildTimeoutMs }
    await connection.client.compute.servers.waitFor(id, 'ACTIVE', bound)
  } catch (error) {
    signal.throwIfAborted()
    throw fromOpenStack(error, { what: `${what}: wake ${id}`, instanceId: id, otherwise: 'launch-failed' })
  }
}

/** Whether a server sleeps. */
export const isAsleep = ({ status }: Server): boolean => wakers[status] !== undefined

/** What puts a server to sleep. */
const deeds = { stopped: 'stop', paused: 'pause', shelved: 'shelve' } as const

/** Puts a spare that runs to sleep, unless it is just being taken. */
export async function putToSleep(
  { connection, settings, taking }: Context,
  { id }: Server,
  signal: AbortSignal,
): Promise<void> {
  if (taking.has(id)) return
  const by = deeds[settings.warmPool?.kind ?? 'stopped']
  taking.add(id)
  try {
    await connection.ask({ what: `warm pool: ${by} ${id}`, signal, instanceId: id }, async (client, call) =>
      client.compute.servers[by](id, call),
    )
  } finally {
    taking.delete(id)
    connection.serverList.changed(id)
  }
}
