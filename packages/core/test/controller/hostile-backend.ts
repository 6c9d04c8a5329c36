import { FlotillaError } from '../../src/index.js'
import type { Backend, BatchReport, Instance, LaunchRequest } from '../../src/index.js'
import { type FakeBackend, type FakeClock, fakeBackend } from '../../src/testing/index.js'

/**
 * What becomes of a launch.
 *
 * - `inactive`: the machine is defined, cannot be started and stays; the launch fails
 * - `lost`: the machine is made, and the reply is lost
 * - `late`: nobody gets an answer, and the machine comes to exist `lateMs` after the caller has given up
 * - `deaf`: the same, and the call ignores its signal until then
 * - `ends`, `fails`: the machine is made, and stops or fails as soon as it is
 * - `dies`: it stops some time later
 */
export type LaunchFate =
  | 'fine'
  | 'refused'
  | 'inactive'
  | 'lost'
  | 'late'
  | 'deaf'
  | 'ends'
  | 'fails'
  | 'dies'
/** What becomes of a termination. */
export type TerminateFate = 'fine' | 'refused' | 'half' | 'lost' | 'hangs' | 'rejects'

export const lateMs = 15_000

/** A backend on which anything may go wrong short of a broken promise, and that counts its machines at every moment. */
export class HostileBackend {
  readonly inner: FakeBackend
  launchFates: readonly LaunchFate[] = ['fine']
  terminateFates: readonly TerminateFate[] = ['fine']
  listFails = false
  /** The most machines of the group that ever existed at one time. */
  mostCount = 0
  /** How many were made in all. */
  madeCount = 0
  readonly #clock: FakeClock
  #launches = 0
  #terminations = 0

  constructor(clock: FakeClock) {
    this.#clock = clock
    this.inner = fakeBackend({ clock })
    const { machines } = this.inner
    const add = machines.add.bind(machines)
    machines.add = (...given) => {
      const machine = add(...given)
      this.madeCount += 1
      this.mostCount = Math.max(this.mostCount, machines.show('web').length)
      return machine
    }
  }

  /** As one controller sees it. */
  open(): FakeBackend {
    const { inner } = this
    const backend: Pick<Backend, 'list' | 'launch' | 'terminate'> = {
      list: async (group, options) => {
        if (this.listFails) throw unavailable('list')
        return inner.list(group, options)
      },
      launch: async (request, options) => this.#launch(request, options),
      terminate: async (group, ids, options) => this.#terminate(group, ids, options),
    }
    return new Proxy(inner, {
      get: (target, key) => {
        const value: unknown = Reflect.get(key in backend ? backend : target, key)
        return typeof value === 'function' && !(key in backend) ? (value.bind(target) as unknown) : value
      },
    })
  }

  async #launch(request: LaunchRequest, { signal }: { signal: AbortSignal }): Promise<Instance> {
    const fate = this.launchFates[this.#launches % this.launchFates.length] ?? 'fine'
    this.#launches += 1
    const { inner } = this
    const never = new AbortController().signal
    const make = (): Promise<Instance> => inner.launch(request, { signal: never })
    switch (fate) {
      case 'refused':
        throw new FlotillaError('no-capacity', 'launch: no host has room')
      case 'inactive': {
        const { id } = await make()
        inner.setStatus(id, 'stopped', 'the pool is inactive')
        throw new FlotillaError('launch-failed', 'launch: the pool is inactive')
      }
      case 'lost':
        await make()
        throw new FlotillaError('timeout', 'launch: no reply')
      case 'late':
        await this.#aborted(signal)
        void this.#clock.sleep(lateMs).then(make)
        throw signal.reason
      case 'deaf':
        await this.#aborted(signal)
        await this.#clock.sleep(lateMs)
        return make()
      case 'ends':
      case 'fails': {
        const made = await make()
        inner.setStatus(made.id, fate === 'ends' ? 'stopped' : 'failed', 'as soon as it was made')
        return made
      }
      case 'dies': {
        const made = await make()
        const die = (): void => {
          if (inner.machines.get(made.id) !== undefined) inner.crash(made.id)
        }
        void this.#clock.sleep(40_000).then(die)
        return made
      }
      case 'fine':
        return make()
    }
  }

  async #terminate(
    group: string,
    ids: readonly string[],
    options: { signal: AbortSignal },
  ): Promise<BatchReport> {
    const fate = this.terminateFates[this.#terminations % this.terminateFates.length] ?? 'fine'
    this.#terminations += 1
    const refuse = (refused: readonly string[]): BatchReport['failed'] =>
      refused.map((id) => ({ id, error: unavailable(`terminate ${id}`) }))
    switch (fate) {
      case 'refused':
        return { done: [], failed: refuse(ids) }
      case 'half': {
        const ended = ids.filter((_, index) => index % 2 === 0)
        const { done } = await this.inner.terminate(group, ended, options)
        return { done, failed: refuse(ids.filter((_, index) => index % 2 === 1)) }
      }
      case 'lost':
        await this.inner.terminate(group, ids, options)
        throw unavailable('terminate')
      case 'hangs':
        await this.#aborted(options.signal)
        throw options.signal.reason
      case 'rejects':
        throw unavailable('terminate')
      case 'fine':
        return this.inner.terminate(group, ids, options)
    }
  }

  async #aborted(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
  }
}

const unavailable = (what: string): FlotillaError =>
  new FlotillaError('unavailable', `${what}: the host does not answer`)
