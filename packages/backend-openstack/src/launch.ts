import { FlotillaError, type Instance, type LaunchRequest } from '@flotilla/core'
import { makeBelongings, ownedKinds, tryToRemoveBelongings, type MadeFor } from './addresses/belongings.js'
import type { Context } from './context.js'
import { isMaybeDone, isNoAddress } from './errors.js'
import type { Claim } from './room/headroom.js'
import { belongingMark, isOwned, readLabel, serverName, type Label, type OwnedServer } from './labels.js'
import type { TemplateIds } from './cloud/template-ids.js'
import { toInstance } from './to-instance.js'
import { newServer, serverSpec } from './cloud/server-spec.js'
import { takeSpare, unlessAsleep, wake } from './warm/spares.js'
import { emptiestZone } from './room/emptiest-zone.js'

/** Pauses between two looks for a server whose reply was lost. */
const defaults = { firstPauseMs: 250, longestPauseMs: 2000 }

/** One launch under run. */
export interface Launch {
  readonly context: Context
  readonly group: string
  readonly token: string
  /** The name of its port and the description of its floating address. */
  readonly mark: string
  /** For errors: `launch web-1`. */
  readonly what: string
  /** The caller's own. */
  readonly signal: AbortSignal
  /** Never aborts: work that began is finished or undone within its own bound, whoever waits for it. */
  readonly finish: AbortSignal
  /** Whether the server waits in the warm pool once it runs. */
  readonly isSpare: boolean
}

/**
 * Makes the server of a token, or finds the one that was made before.
 *
 * Nova neither keeps names unique nor takes a token of the caller's. So:
 *
 * ```
 * look ── there ──▶ it is the one
 *   ├─ a spare waits ──▶ its metadata gets the token, and it is woken
 *   └─ not there ──▶ ports, floating address ──▶ create ──made──▶ it is there
 *                                                  ├─ refused ──▶ undo
 *                                                  └─ no answer ──▶ look for a while ── there ──▶ it is the one
 *                                                                          └─ not there ──▶ undo, as far as it may be
 * ```
 *
 * Two programs that look and then create at the same moment make two servers. `list` shows the younger as failed.
 */
export async function launch(
  context: Context,
  { group, token }: LaunchRequest,
  { signal, isSpare = false }: { readonly signal: AbortSignal; readonly isSpare?: boolean },
): Promise<Instance> {
  const { connection, settings } = context
  const { scope } = settings
  const mark = belongingMark({ scope, group, token })
  const what = `launch ${serverName(group, token)}`
  const run: Launch = {
    context,
    group,
    token,
    mark,
    what,
    signal,
    finish: new AbortController().signal,
    isSpare,
  }
  const there = await connection.serverList.of(group, { signal })
  const before = ownedOf(run, there)
  if (before !== undefined) {
    // The program that took it from the pool may have died before it woke the server.
    if (before.label.role === 'waking') await wake(context, before, { what, signal })
    return describe(run, before)
  }
  const spare = isSpare ? undefined : await takeSpare(context, there, { group, token, what, signal })
  return describe(run, spare ?? (await make(run, there)))
}

async function make(run: Launch, there: readonly OwnedServer[]): Promise<OwnedServer> {
  const { context, group, mark, what, signal } = run
  const { pauses, templateIds, settings, connection, underWay } = context
  const { scope, zones, checkQuota } = settings
  const open = pauses.open(what, zones)
  const ours = there.filter(
    ({ label, server }) => isOwned(label, { group, scope }) && server.status !== 'ERROR',
  )
  const placed = [
    ...ours.map(({ server, label }) => ({ zone: label.zone ?? server.availabilityZone })),
    ...[...underWay.values()].filter((one) => one.group === group),
  ]
  const zone = emptiestZone(open, placed)
  underWay.set(mark, { group, zone })
  let claim: Claim | undefined
  try {
    const template = await templateIds.get(signal)
    if (checkQuota) claim = await connection.headroom.take(what, template.flavor, { signal })
    signal.throwIfAborted()
    const owned = await create(run, template, zone).catch(asLaunchFailure)
    pauses.quotaFreed()
    return owned
  } catch (error) {
    if (error instanceof FlotillaError) note(context, error, zone)
    throw error
  } finally {
    claim?.settle()
    underWay.delete(mark)
  }
}

/** Not found while making a server: a network, a port's security group, or a router to the floating address. */
function asLaunchFailure(error: unknown): never {
  if (!(error instanceof FlotillaError) || error.code !== 'not-found') throw error
  const { cause, requestId } = error
  throw new FlotillaError('invalid-template', error.message, { cause, requestId })
}

function note(
  { pauses, templateIds, connection }: Context,
  error: FlotillaError,
  zone: string | undefined,
): void {
  // A refusal of our own cost no call. It needs no pause and no new look at the limits.
  const isOwnRefusal = error.code === 'quota-exceeded' && error.cause === undefined
  if (!isOwnRefusal) connection.headroom.invalidate()
  if (error.code === 'quota-exceeded' && !isOwnRefusal) pauses.quota(error.message)
  if (error.code === 'no-capacity') {
    if (isNoAddress(error.message)) pauses.noAddress(error.message)
    else pauses.noRoom(zone, error.message)
  }
  // A name may have another id by now.
  if (error.code === 'invalid-template') templateIds.invalidate()
}

async function create(run: Launch, template: TemplateIds, zone: string | undefined): Promise<OwnedServer> {
  const { context, group, token, mark, what, signal, finish, isSpare } = run
  const { connection, settings, templateHash } = context
  const owns = ownedKinds(settings)
  const madeFor: MadeFor = { mark, what, signal: finish }
  const label: Label = {
    group,
    token,
    templateHash,
    scope: settings.scope,
    zone,
    owns,
    role: isSpare ? 'spare' : undefined,
    madeAs: token,
  }
  try {
    const nics = await makeBelongings(context, template, madeFor)
    // No server has been asked for yet.
    signal.throwIfAborted()
    const tagged = await connection.ask({ what, signal: finish }, async (client, call) =>
      client.compute.supports('2.52', call),
    )
    const spec = serverSpec(context, { template, label, nics, hasTags: tagged })
    const { id } = await connection.ask(
      { what: `${what}: create the server`, signal: finish, otherwise: 'launch-failed' },
      async (client, call) => client.compute.servers.create(spec, call),
    )
    connection.serverList.made(id)
    return { server: newServer(id, spec, connection.clock.now()), label }
  } catch (error) {
    connection.serverList.invalidate()
    if (!isMaybeDone(error)) {
      await tryToRemoveBelongings(context, owns, madeFor)
      throw error
    }
    const found = await lookFor(run, error)
    if (found !== undefined) return found
    // A server that appears all the same finds its port gone, comes to ERROR and is listed as failed.
    await tryToRemoveBelongings(context, owns, madeFor)
    throw error
  }
}

/** Looks for a server whose reply was lost, for `lookTimeoutMs`. */
async function lookFor(run: Launch, lost: unknown): Promise<OwnedServer | undefined> {
  const { context, group, finish } = run
  const { connection, settings } = context
  const { clock, serverList } = connection
  const endMs = clock.monotonic() + settings.lookTimeoutMs
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)) {
    try {
      serverList.expectUnseen(settings.lookTimeoutMs)
      const found = ownedOf(run, await serverList.of(group, { signal: finish }))
      if (found !== undefined) return found
    } catch (error) {
      // The look failed as well. The caller gets the first error.
      if (!(error instanceof FlotillaError)) throw lost
    }
    const leftMs = endMs - clock.monotonic()
    if (leftMs <= 0) return undefined
    await clock.sleep(Math.min(pauseMs, leftMs))
  }
}

/** The server of the token; the eldest of several, as in `list`. */
function ownedOf(
  { context, group, token }: Launch,
  ownedServers: readonly OwnedServer[],
): OwnedServer | undefined {
  const { scope } = context.settings
  const ours = ownedServers.filter(({ label }) => isOwned(label, { group, scope }) && label.token === token)
  return ours.toSorted(byAge)[0]
}

/** Orders by age, the eldest first, in the same run in every program. */
export const byAge = ({ server: a }: OwnedServer, { server: b }: OwnedServer): number =>
  (a.createdAt ?? Infinity) - (b.createdAt ?? Infinity) || (a.id < b.id ? -1 : 1)

const describe = ({ context }: Launch, owned: OwnedServer): Instance => {
  const label = readLabel(owned.server.metadata) ?? owned.label
  const seen = { now: context.connection.clock.now(), buildMs: 0 }
  return unlessAsleep(context, toInstance({ ...owned, label }, context.settings, seen))
}
