import { randomUUID } from 'node:crypto'
import { FlotillaError } from '@flotilla/core'
import { toFlotillaError } from '@flotilla/core/authoring'
import { busyRatio, type HostLoad } from '../host/host-load.js'
import type { Host } from '../host/host.js'
import type { HostView } from '../host/hypervisors.js'
import type { Settings } from '../options.js'
import { isActive } from '../status.js'
import { hasRoom, rank, type Candidate, type Need } from './placement.js'

/** Hypervisors for one more machine, best first, and why the others are not among them. */
export interface Places {
  readonly hosts: readonly Host[]
  readonly refused: readonly FlotillaError[]
  /** Names what the first host reserves for the machine; see `launchOn`. */
  readonly ticket: string
}

type PlaceSettings = Pick<Settings, 'placement' | 'template'>

/** Where the next machine goes. */
export class PlacementBook {
  readonly #settings: PlaceSettings
  /** The look before the last one, for what was busy since. */
  readonly #earlier = new Map<Host, HostLoad>()
  readonly #last = new Map<Host, HostLoad>()

  constructor(settings: PlaceSettings) {
    this.#settings = settings
  }

  /** The first of the hosts holds what the machine needs, so that of two launches at one moment the other sees it. */
  async places(views: readonly HostView[], signal: AbortSignal): Promise<Places> {
    const looks = await Promise.all(views.map(async (view) => loadOf(view, signal)))
    // From here on nothing is waited for: nobody else can choose between this look at what is held and the hold.
    const need = this.#need()
    const refused: FlotillaError[] = []
    const found: { readonly host: Host; readonly candidate: Candidate }[] = []
    for (const { view, load } of looks) {
      const { host, machines } = view
      if (load instanceof FlotillaError) {
        refused.push(load)
        continue
      }
      const machineCount = machines.filter(({ state }) => isActive(state)).length
      const candidate = this.#candidate(host, machineCount, load)
      if (hasRoom(candidate, need)) found.push({ host, candidate })
      else refused.push(full(host, candidate, need))
    }
    const order = rank(
      found.map(({ candidate }) => candidate),
      need,
    )
    const hosts = order.flatMap((index) => found[index]?.host ?? [])
    const ticket = randomUUID()
    hosts[0]?.reservations.hold(ticket, this.#settings.template)
    return { hosts, refused, ticket }
  }

  #need(): Need {
    const { placement, template } = this.#settings
    return {
      memoryBytes: template.memoryMib * 2 ** 20,
      vcpus: template.vcpus,
      strategy: placement.strategy,
      clonesInFlight: placement.clonesInFlight,
      reserveBytes: placement.reserveMemoryMib * 2 ** 20,
    }
  }

  #candidate(host: Host, machineCount: number, load: HostLoad): Candidate {
    const last = this.#last.get(host)
    if (last !== undefined && last.atMs !== load.atMs) this.#earlier.set(host, last)
    this.#last.set(host, load)
    const { bytes, vcpus, underWayCount, underWayVcpus } = host.reservations.total
    return {
      cpus: load.cpus,
      memoryBytes: load.memoryBytes,
      availableBytes: load.availableBytes,
      reservedBytes: bytes,
      reservedVcpus: vcpus,
      busyRatio: busyRatio(this.#earlier.get(host), load),
      committedVcpus: machineCount * this.#settings.template.vcpus + underWayVcpus,
      inFlight: underWayCount,
    }
  }
}

async function loadOf(
  view: HostView,
  signal: AbortSignal,
): Promise<{ readonly view: HostView; readonly load: HostLoad | FlotillaError }> {
  const { host, down } = view
  if (down !== undefined) return { view, load: down }
  try {
    return { view, load: await host.load.get(signal) }
  } catch (error) {
    signal.throwIfAborted()
    return { view, load: toFlotillaError(error, `look for room on ${host.label}`) }
  }
}

/** Runs a launch in its turn on a hypervisor, which holds what it needs from before it waits until its figures show it. */
export async function launchOn<T>(
  host: Host,
  { ticket, settings }: { readonly ticket: string; readonly settings: PlaceSettings },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { reservations, launchSlots } = host
  const { template, placement } = settings
  reservations.hold(ticket, template)
  try {
    const made = await launchSlots.run(placement.clonesInFlight, signal, async () => {
      reservations.hold(ticket, template)
      return work()
    })
    reservations.done(ticket)
    return made
  } catch (error) {
    reservations.release(ticket)
    throw error
  }
}

function full(host: Host, candidate: Candidate, need: Need): FlotillaError {
  const mib = (bytes: number): number => Math.floor(bytes / 2 ** 20)
  const free = mib(candidate.availableBytes - candidate.reservedBytes)
  const message =
    `${host.label} has no room: ${free} MiB of memory free for new machines, ` +
    `${mib(need.memoryBytes)} MiB needed and ${mib(need.reserveBytes)} MiB to stay free`
  return new FlotillaError('no-capacity', message)
}
