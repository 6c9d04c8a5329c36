import { randomUUID } from 'node:crypto'
import { FlotillaError } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import type { DomainRef } from '@flotilla/libvirt'
import type { Step } from './connection/link.js'
import type { Context } from './context.js'
import type { DiskStore } from './disks/disk-store.js'
import type { Golden } from './disks/golden.js'
import { openStore } from './disks/open-store.js'
import { seedIso } from './disks/seed-iso.js'
import { isWithoutAnswer } from './errors.js'
import type { Host, Machine } from './host/host.js'
import type { Owner, WarmPhase } from './labels.js'
import { domainName, fileName, hostName, macFor, type FileKind, type MachineName } from './names.js'
import { freshLease } from './network/addresses.js'
import { reserveAddress } from './network/dhcp-entries.js'
import { removeMachine } from './removal/remove.js'
import { domainXml, hookedXml, type DomainParts } from './xml/domain-xml.js'

/** The machine that is to be made. */
export interface MakeRequest {
  readonly name: MachineName
  /** Absent for the warm pool. */
  readonly token: string | undefined
  readonly warm?: WarmPhase | undefined
  /** Whether it is booted, or only made ready to. */
  readonly isStarted: boolean
}

/** One machine that is being made. */
interface Making {
  readonly context: Context
  readonly host: Host
  readonly parts: DomainParts
  readonly store: DiskStore
  readonly golden: Golden
  /** The caller's own. */
  readonly signal: AbortSignal
  /**
   * Its signal never aborts: a step that was begun is waited for within its bound, since what came of one that was broken
   * off could not be known, and not be cleaned up.
   */
  readonly step: Step
  /** Whether libvirt was asked to start it. */
  isStartAsked: boolean
}

/** A start that was given no answer has come to something by then. */
const startSettleMs = 10_000

const mib = 2 ** 20

/**
 * Makes one machine on one hypervisor:
 *
 * ```
 * look at the golden image ─▶ define ─▶ host entry ─▶ overlay, disks, seed ─▶ start
 * ```
 *
 * The domain is defined first, with its owner and all that will belong to it in its metadata, though nothing of that is
 * there yet: libvirt gives a name once, so of two who try one makes the machine; and whatever a crash leaves behind
 * belongs to a domain that is listed.
 */
export async function makeMachine(
  context: Context,
  host: Host,
  request: MakeRequest,
  signal: AbortSignal,
): Promise<Machine> {
  const { settings } = context
  const step: Step = { what: `launch ${domainName(request.name)}`, signal: new AbortController().signal }
  const golden = await context.golden.check(host, step)
  const store = await openStore(host, settings.template.storage, step)
  const uuid = randomUUID()
  const parts = await planParts(context, host, { request, uuid, store }, step)
  const making: Making = { context, host, parts, store, golden, signal, step, isStartAsked: false }
  host.launching.add(uuid)
  try {
    signal.throwIfAborted()
    return await make(making, request.isStarted)
  } catch (error) {
    // The rest of it is dead, and must not be waited for.
    const mayStartUntilMs = host.clock.monotonic() + (making.isStartAsked ? startSettleMs : 0)
    host.brokenOff.set(uuid, { why: messageOf(error), mayStartUntilMs })
    context.golden.forget(host)
    throw error
  } finally {
    host.launching.delete(uuid)
    host.machines.invalidate()
  }
}

async function planParts(
  { settings, templateHash, hypervisors }: Context,
  host: Host,
  {
    request,
    uuid,
    store,
  }: { readonly request: MakeRequest; readonly uuid: string; readonly store: DiskStore },
  { signal }: Step,
): Promise<DomainParts> {
  const { template, scope } = settings
  const { name, token, warm } = request
  const [network] = template.networks
  const macs = template.networks.map((_, index) => macFor(uuid, index))
  const mark = host.mark ?? refuseUnmarked(host)
  const file = (kind: FileKind): string => fileName(name, uuid, mark, kind)
  const overlay = file('qcow2')
  const disks = template.diskSizesMib.map((_, index) => file(`disk${index + 1}.qcow2`))
  const seed = template.cloudInit === undefined ? undefined : file('seed.iso')
  const consoleLog = template.consoleLog ? file('console.log') : undefined
  const hasEntry = typeof template.address === 'object' && typeof network === 'string'
  const usesLeases =
    template.address === 'lease' && template.port !== undefined && typeof network === 'string'
  const stale = usesLeases
    ? freshLease(await host.leases.leases(network, signal), macs[0], undefined)
    : undefined
  const owner: Owner = {
    uuid,
    scope,
    group: name.group,
    token,
    templateHash,
    createdAt: hypervisors.clock.now(),
    warm,
    macs,
    ...(template.storage.kind === 'pool'
      ? { pool: template.storage.pool }
      : { directory: template.storage.directory }),
    files: [overlay, ...disks, seed, consoleLog].filter((one) => one !== undefined),
    ...(hasEntry ? { entryNetwork: network, entryName: hostName(name, uuid) } : {}),
    staleLease: stale === undefined ? undefined : String(stale.expiryTime),
  }
  const path = (one: string | undefined): string | undefined =>
    one === undefined ? undefined : store.pathOf(one)
  return {
    name: domainName(name),
    uuid,
    owner,
    overlayPath: store.pathOf(overlay),
    diskPaths: disks.map((one) => store.pathOf(one)),
    seedPath: path(seed),
    consolePath: path(consoleLog),
  }
}

function refuseUnmarked(host: Host): never {
  throw new FlotillaError('unavailable', `${host.label} has not said which host it is`)
}

async function make(making: Making, isStarted: boolean): Promise<Machine> {
  const { context, host, parts, signal, step } = making
  const { template, xmlHook } = context.settings
  const xml = hookedXml(domainXml(template, parts), xmlHook, parts)
  const ref = await host.ask(
    { ...step, what: `${step.what}: define the domain`, otherwise: 'launch-failed' },
    async (hypervisor, call) => hypervisor.domainDefineXmlFlags(xml, 0, call),
  )
  host.machines.invalidate()
  try {
    signal.throwIfAborted()
    await makeBelongings(making)
    signal.throwIfAborted()
    if (isStarted) await start(making, ref)
    signal.throwIfAborted()
  } catch (error) {
    // Without an answer it may run; with the caller's abort nobody waits for it.
    if (signal.aborted || !isWithoutAnswer(error)) await tryToDiscard(making, ref)
    throw signal.aborted ? signal.reason : asLaunchFailure(error, step.what)
  }
  return {
    host,
    ref,
    owner: parts.owner,
    state: isStarted ? { state: 'running', reason: 1 } : { state: 'shutoff', reason: 0 },
  }
}

async function makeBelongings(making: Making): Promise<void> {
  const { context, host, parts, store, golden, signal, step } = making
  const { template } = context.settings
  const { owner } = parts
  const [mac] = owner.macs
  if (typeof template.address === 'object' && owner.entryNetwork !== undefined && mac !== undefined) {
    const request = { network: owner.entryNetwork, range: template.address, mac, name: owner.entryName ?? '' }
    await reserveAddress(host, request, step)
    signal.throwIfAborted()
  }
  const capacityBytes = await store.makeOverlay(nameOf(parts.overlayPath), golden, step)
  if (capacityBytes !== golden.capacityBytes) {
    const message =
      `${step.what}: its disk has ${capacityBytes} bytes, and the golden image ${golden.path} has ` +
      `${golden.capacityBytes}: is that image what its format ${golden.format} says?`
    throw new FlotillaError('invalid-template', message)
  }
  for (const [index, path] of parts.diskPaths.entries()) {
    const sizeMib = template.diskSizesMib[index] ?? 1
    await store.makeBlank(nameOf(path), 'qcow2', sizeMib * mib, step)
  }
  if (parts.consolePath !== undefined) await store.makeBlank(nameOf(parts.consolePath), 'raw', 0, step)
  if (parts.seedPath === undefined || template.cloudInit === undefined) return
  const machine = {
    instanceId: parts.uuid,
    hostName: owner.entryName ?? parts.name.replaceAll(/[._]+/g, '-'),
  }
  const seed = await seedIso(template.cloudInit, machine, step, host.timeoutMs)
  await store.makeWith(nameOf(parts.seedPath), seed, step)
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

async function start(making: Making, ref: DomainRef): Promise<void> {
  const { host, step } = making
  making.isStartAsked = true
  await host.ask(
    { ...step, what: `${step.what}: start the domain`, otherwise: 'launch-failed', instanceId: ref.uuid },
    async (hypervisor, call) => hypervisor.domainCreateWithFlags(ref, 0, call),
  )
}

/** Removes a machine whose launch failed. When that fails, the domain stays with its owner's name, and is listed. */
async function tryToDiscard({ host, parts, step }: Making, ref: DomainRef): Promise<void> {
  const { owner } = parts
  const state = { state: 'running', reason: 0 } as const
  const what = `${step.what}: remove what is half made`
  await removeMachine({ host, ref, owner, state }, { what, signal: step.signal, shutdownMs: 0 }).catch(
    () => {},
  )
}

/** `not-found` means here that somebody removed the domain during the launch. */
function asLaunchFailure(error: unknown, what: string): unknown {
  if (!(error instanceof FlotillaError) || error.code !== 'not-found') return error
  const message = `${what}: the domain was removed before it ran: ${error.message}`
  return new FlotillaError('launch-failed', message, { cause: error.cause })
}
