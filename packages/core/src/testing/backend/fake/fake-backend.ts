import * as v from 'valibot'
import type {
  Backend,
  BackendSupports,
  BatchReport,
  InstanceChange,
  LaunchRequest,
} from '../../../backend.js'
import { checkOptions } from '../../../options/check-options.js'
import { name } from '../../../options/checks.js'
import { systemClock, type Clock } from '../../../clock.js'
import type { CallOptions } from '../../../async/deadline.js'
import { FlotillaError } from '../../../errors.js'
import type { Reading } from '../../../metrics/metrics.js'
import { lastLines } from '../../../authoring/last-lines.js'
import type { Instance, InstanceStatus } from '../../../model.js'
import type { BackendFaults } from './backend-faults.js'
import { faultOf, meetFault } from '../../common/call-faults.js'
import { failedHalfWay, notOwned, refused, replyLost } from './fake-backend-errors.js'
import type { BackendCalls, FakeBackendOptions } from './fake-backend-options.js'
import { FakeMachines, type FakeMachine, type FakeUse } from './fake-machines.js'
import { readUse } from './fake-usage.js'
import type { BackendCall } from '../backend-kit.js'

const launchRequest = v.object({ group: name(), token: name() })

/**
 * A backend whose machines are rows in memory, that keeps every promise until a fault in `faults` says otherwise.
 *
 * @example
 * ```ts
 * import { Autoscaler, fixed, silentLogger } from '@flotilla/core'
 * import { FakeClock, fakeBackend } from '@flotilla/core/testing'
 *
 * const clock = new FakeClock()
 * const backend = fakeBackend({ clock, bootMs: 30_000 })
 * const web = new Autoscaler({ group: 'web', min: 3, max: 3, backend, clock, policy: fixed(3), logger: silentLogger })
 * await clock.runUntil(web.start())
 * await clock.advance(60_000)
 * console.log(backend.machines.show('web').length) // 3
 * await clock.runUntil(web.stop({ terminate: true }))
 * ```
 */
export function fakeBackend(options: FakeBackendOptions = {}): FakeBackend {
  return new FakeBackend(options)
}

/** See `fakeBackend`. */
export class FakeBackend implements Backend, AsyncDisposable {
  readonly name: string
  readonly supports: BackendSupports
  readonly usage?: (instances: readonly Instance[], options: CallOptions) => Promise<readonly Reading[]>
  readonly watch?: (group: string, options: CallOptions) => AsyncIterable<InstanceChange>
  /** What goes wrong; change it at any time. */
  readonly faults: BackendFaults = {}
  readonly calls: BackendCalls = { listCount: 0, usageCount: 0, closeCount: 0, launched: [], terminated: [] }
  /** What exists. */
  readonly machines: FakeMachines
  /** What was made for a group beside its machines, by group: what `endGroup` ends. */
  readonly beside: Map<string, readonly string[]> = new Map()
  readonly #options: FakeBackendOptions
  readonly #clock: Clock
  #templateHash: string | undefined
  #isClosed = false

  constructor(options: FakeBackendOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#templateHash = options.templateHash
    this.name = options.name ?? 'fake'
    this.supports = { usage: true, watch: true, chooseVictim: true, ...options.supports }
    this.machines = options.machines ?? new FakeMachines(this.#clock, options.address)
    if (this.supports.usage) this.usage = this.#readUsage.bind(this)
    if (this.supports.watch) this.watch = this.#watchChanges.bind(this)
  }

  get templateHash(): string | undefined {
    return this.#templateHash
  }

  async list(group: string, { signal }: CallOptions): Promise<readonly Instance[]> {
    this.calls.listCount += 1
    const fault = faultOf(this.faults.list, { group })
    await this.#begin('list', fault, signal)
    const shown = this.machines.show(group)
    if (fault?.kind === 'empty') return []
    return fault?.kind === 'duplicate' ? [...shown, ...shown] : shown
  }

  async launch(request: LaunchRequest, { signal }: CallOptions): Promise<Instance> {
    this.calls.launched.push(request)
    const fault = faultOf(this.faults.launch, request)
    await this.#begin('launch', fault, signal)
    const { group, token } = checkOptions('launch', launchRequest, request)
    const id = this.machines.begin()
    try {
      const { launchMs = 0 } = this.#options
      if (launchMs > 0) await this.#clock.sleep(launchMs, { signal })
      if (fault?.kind === 'fail-half-way') throw fault.error ?? failedHalfWay(request)
    } catch (error) {
      this.machines.abandon(id)
      throw error
    }
    const existing = this.machines.byToken(group, token)
    if (existing !== undefined) this.machines.abandon(id)
    const machine = existing ?? this.#add(id, request, fault?.kind === 'vanish' ? fault.afterMs : undefined)
    if (fault?.kind === 'duplicate') this.#add(this.machines.begin(), request)
    if (fault?.kind === 'lose-reply') throw fault.error ?? replyLost(`launch ${group}/${token}`)
    return this.machines.showOne(machine)
  }

  async terminate(group: string, ids: readonly string[], { signal }: CallOptions): Promise<BatchReport> {
    this.calls.terminated.push({ group, ids })
    const fault = faultOf(this.faults.terminate, { group, ids })
    await this.#begin('terminate', fault, signal)
    const done: string[] = []
    const failed: { id: string; error: FlotillaError }[] = []
    for (const [index, id] of [...new Set(ids)].entries()) {
      const machine = this.machines.get(id)
      const isRefused = fault?.kind === 'partial' && (fault.ids?.includes(id) ?? index % 2 === 1)
      if (machine !== undefined && machine.group !== group) failed.push({ id, error: notOwned(id, group) })
      else if (isRefused) failed.push({ id, error: fault.error ?? refused(id) })
      else {
        this.machines.remove(id)
        done.push(id)
      }
    }
    if (fault?.kind === 'lose-reply') throw fault.error ?? replyLost(`terminate ${ids.length} of ${group}`)
    return { done, failed }
  }

  async endGroup(group: string, { signal }: CallOptions): Promise<BatchReport> {
    await this.#begin('endGroup', faultOf(this.faults.endGroup, { group }), signal)
    const done = this.beside.get(group) ?? []
    this.beside.delete(group)
    return { done, failed: [] }
  }

  async close(): Promise<void> {
    this.calls.closeCount += 1
    this.#isClosed = true
  }

  /** As `close()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A second controller on the same machines, with the same options and no faults. */
  reopen(): FakeBackend {
    return new FakeBackend({
      ...this.#options,
      templateHash: this.#templateHash,
      machines: this.machines,
    })
  }

  /** Makes a machine stop by itself. */
  crash(id: string, reason = 'exited with code 1'): void {
    this.machines.setStatus(id, 'stopped', reason)
  }

  /** Puts a machine in any state. */
  setStatus(id: string, status: InstanceStatus, reason?: string): void {
    this.machines.setStatus(id, status, reason)
  }

  /** The platform says that a machine cannot serve although it runs; undefined: it says so no longer. */
  impair(id: string, reason: string | undefined): void {
    this.machines.setImpaired(id, reason)
  }

  /** Somebody else deletes a machine. */
  remove(id: string): void {
    this.machines.remove(id)
  }

  /** Somebody else makes a machine: with another group's label, or with none. Gives its id. */
  addForeign(request: Partial<LaunchRequest> = {}): string {
    return this.machines.add(this.machines.begin(), request, { bootMs: 0 }).id
  }

  async lastOutput({ id }: Instance, { signal }: CallOptions): Promise<string | undefined> {
    await this.#begin('lastOutput', undefined, signal)
    return lastLines(this.machines.get(id)?.output ?? '')
  }

  /** A machine writes, as its program would. */
  write(id: string, text: string): void {
    const machine = this.machines.get(id)
    if (machine !== undefined) machine.output += text
  }

  /** Sets what a machine uses from now on. */
  setUsage(id: string, use: FakeUse): void {
    this.machines.setUse(id, use)
  }

  /** Changes what `launch` makes from now on. */
  setTemplate(hash: string | undefined): void {
    this.#templateHash = hash
  }

  async #readUsage(instances: readonly Instance[], { signal }: CallOptions): Promise<readonly Reading[]> {
    this.calls.usageCount += 1
    const fault = faultOf(this.faults.usage, { instances })
    await this.#begin('usage', fault, signal)
    return readUse(instances, {
      machines: this.machines,
      fault,
      at: this.#clock.now(),
      use: this.#options.use ?? { cpuRatio: 0.1, memoryBytes: 64 * 2 ** 20 },
    })
  }

  async *#watchChanges(group: string, { signal }: CallOptions): AsyncGenerator<InstanceChange, void> {
    this.#assertOpen('watch')
    yield* this.machines.changes.watch(group, signal)
  }

  async #begin(
    call: BackendCall | 'endGroup' | 'lastOutput',
    fault: { kind: string } | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    this.#assertOpen(call)
    signal.throwIfAborted()
    const { callMs = 0, timeoutMs = 30_000 } = this.#options
    if (callMs > 0) await this.#clock.sleep(callMs, { signal })
    if (fault !== undefined)
      await meetFault(fault, { what: `${this.name} ${call}`, clock: this.#clock, signal, timeoutMs })
  }

  #assertOpen(call: string): void {
    if (this.#isClosed) throw new FlotillaError('closed', `${call}: the backend ${this.name} is closed`)
  }

  #add(id: string, request: LaunchRequest, vanishAfterMs?: number): FakeMachine {
    const { bootMs = 0 } = this.#options
    return this.machines.add(id, request, {
      bootMs: typeof bootMs === 'function' ? bootMs(request) : bootMs,
      templateHash: this.#templateHash,
      vanishAfterMs,
    })
  }
}
