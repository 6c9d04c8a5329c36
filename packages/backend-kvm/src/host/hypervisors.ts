import { FlotillaError, type Clock } from '@flotilla/core'
import { toFlotillaError, withDeadline } from '@flotilla/core/authoring'
import type { Host, Machine } from './host.js'

/** The machines of one hypervisor as last seen. */
export interface HostView {
  readonly host: Host
  /** Of every group. */
  readonly machines: readonly Machine[]
  /** Why they are from an earlier look: the hypervisor does not answer now. */
  readonly down: FlotillaError | undefined
}

interface Health {
  machines: readonly Machine[] | undefined
  failures: number
  error: FlotillaError | undefined
  /** On the clock's monotonic time: not asked again before. */
  retryAtMs: number
}

const defaults = { lookTimeoutMs: 10_000, firstRetryMs: 1000, longestRetryMs: 30_000 }

/** The hypervisors of one backend. */
export class Hypervisors {
  readonly hosts: readonly Host[]
  readonly clock: Clock
  readonly #health = new Map<Host, Health>()

  constructor(hosts: readonly Host[], clock: Clock) {
    this.hosts = hosts
    this.clock = clock
  }

  /**
   * Every machine on every hypervisor.
   *
   * With one hypervisor, its failure is the call's. With several, one that does not answer is shown as it was last seen:
   * its machines must neither vanish, which would make the controller replace them all, nor hold up the others. One that
   * was never seen could hold anything, so without it nothing can be told.
   */
  async look(signal: AbortSignal): Promise<readonly HostView[]> {
    const views = await this.#look(signal)
    this.#refuseTwins()
    return views
  }

  async #look(signal: AbortSignal): Promise<readonly HostView[]> {
    const [only] = this.hosts
    if (this.hosts.length === 1 && only !== undefined) {
      return [{ host: only, machines: await only.machines.get(signal), down: undefined }]
    }
    const views = await Promise.all(this.hosts.map(async (host) => this.#lookAt(host, signal)))
    const allDown = views.every(({ down }) => down !== undefined)
    const [first] = views
    if (allDown && first?.down !== undefined) throw first.down
    return views
  }

  /** One hypervisor under two URIs would be listed twice, and each machine would look like a double. */
  #refuseTwins(): void {
    const seen = new Map<string, Host>()
    for (const host of this.hosts) {
      const { uuid } = host
      if (uuid === undefined) continue
      const twin = seen.get(uuid)
      seen.set(uuid, host)
      if (twin === undefined) continue
      const message =
        `${twin.label} and ${host.label} are one hypervisor: both have the host UUID ${uuid}. Give one of the two only. If they ` +
        'are two machines that were given one UUID, set host_uuid in the libvirtd.conf of each'
      throw new FlotillaError('invalid-options', message, { field: 'uris', value: [twin.label, host.label] })
    }
  }

  /** Whether a hypervisor was found down so lately that it is not asked again yet. */
  isKnownDown(host: Host): boolean {
    const health = this.#health.get(host)
    return health?.error !== undefined && this.clock.monotonic() < health.retryAtMs
  }

  async #lookAt(host: Host, signal: AbortSignal): Promise<HostView> {
    const health = this.#of(host)
    if (!this.isKnownDown(host)) {
      try {
        const { clock } = this
        const timeoutMs = Math.min(defaults.lookTimeoutMs, host.timeoutMs)
        const what = `list domains of ${host.label}`
        const machines = await withDeadline(async (inner) => host.machines.get(inner), {
          clock,
          timeoutMs,
          what,
          signal,
        })
        this.#health.set(host, { machines, failures: 0, error: undefined, retryAtMs: 0 })
        return { host, machines, down: undefined }
      } catch (thrown) {
        signal.throwIfAborted()
        this.#failed(host, toFlotillaError(thrown, `list domains of ${host.label}`))
      }
    }
    const error = this.#of(host).error ?? new FlotillaError('unavailable', `${host.label} does not answer`)
    if (health.machines === undefined) {
      const message = `${error.message}; what runs there was never seen, so the group cannot be told`
      throw new FlotillaError('unavailable', message, { cause: error })
    }
    return { host, machines: health.machines, down: error }
  }

  #of(host: Host): Health {
    return this.#health.get(host) ?? { machines: undefined, failures: 0, error: undefined, retryAtMs: 0 }
  }

  #failed(host: Host, error: FlotillaError): void {
    const { machines, failures } = this.#of(host)
    const pauseMs = Math.min(defaults.firstRetryMs * 2 ** failures, defaults.longestRetryMs)
    this.#health.set(host, {
      machines,
      failures: failures + 1,
      error,
      retryAtMs: this.clock.monotonic() + pauseMs,
    })
  }
}
