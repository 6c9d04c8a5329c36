import assert from 'node:assert/strict'
import type { Backend, BatchReport } from '../../backend.js'
import { messageOf } from '../../errors.js'
import type { Reading } from '../../metrics/metrics.js'
import type { Instance } from '../../model.js'
import { outcomeOf } from '../common/assertions.js'
import type { BackendCall, BackendKit, BackendUnderTest } from './backend-kit.js'
import { FinalFailure, type Bounds } from '../common/bounds.js'
import { skipCase } from '../common/contract-case.js'
import { KitTrial, uniqueName } from '../common/kit-trial.js'

/** Which backend, group and signal a call uses; by default the trial's own, and a signal that never aborts. */
export interface Given {
  readonly backend?: Backend | undefined
  readonly group?: string | undefined
  readonly token?: string | undefined
  readonly signal?: AbortSignal | undefined
}

type Ability = Exclude<keyof BackendUnderTest, 'backend' | 'cleanup'>

/** Abilities that arm a fault, which the case's own call may not come to meet. */
const faults: ReadonlySet<Ability> = new Set<Ability>([
  'failHalfWay',
  'loseReply',
  'failNext',
  'hangNext',
  'refuseTerminate',
])

/** One case's backend, with every call bounded, and everything that it launched remembered for the end. */
export class BackendTrial extends KitTrial<BackendUnderTest, Ability> {
  readonly backend: Backend
  readonly group: string = uniqueName('group')
  /** Of the calls that are not about signals. */
  readonly #signal = new AbortController().signal
  readonly #groups = new Set<string>()
  readonly #reopened: Backend[] = []
  #isArmed = false

  constructor(under: BackendUnderTest, bounds: Bounds) {
    super(under, bounds)
    this.backend = under.backend
  }

  static async open(kit: BackendKit, bounds: Bounds): Promise<BackendTrial> {
    return new BackendTrial(await bounds.within('make', kit.make(), bounds.eventuallyMs), bounds)
  }

  override need<TOne extends Ability>(ability: TOne): NonNullable<BackendUnderTest[TOne]> {
    const found = super.need(ability)
    if (faults.has(ability)) this.#isArmed = true
    return found
  }

  async reopen(): Promise<Backend> {
    const backend = await this.bounds.within('reopen', this.need('reopen')(), this.bounds.eventuallyMs)
    this.#reopened.push(backend)
    return backend
  }

  /** Not bounded: for cases that look at how the call settles. */
  startLaunch({ backend = this.backend, group = this.group, token, signal }: Given = {}): Promise<Instance> {
    this.#groups.add(group)
    return backend.launch({ group, token: token ?? uniqueName('token') }, { signal: signal ?? this.#signal })
  }

  async launch(given: Given = {}): Promise<Instance> {
    return this.bounds.within('launch', this.startLaunch(given))
  }

  async launchMany(count: number): Promise<readonly Instance[]> {
    return Promise.all(Array.from({ length: count }, async () => this.launch()))
  }

  async list({ backend = this.backend, group = this.group }: Given = {}): Promise<readonly Instance[]> {
    return this.bounds.within('list', backend.list(group, { signal: this.#signal }))
  }

  /** Each once: that `list` shows none twice has a case of its own. */
  async listIds(given: Given = {}): Promise<readonly string[]> {
    return [...new Set((await this.list(given)).map(({ id }) => id))]
  }

  async terminate(
    ids: readonly string[],
    { backend = this.backend, group = this.group }: Given = {},
  ): Promise<BatchReport> {
    return this.bounds.within('terminate', backend.terminate(group, ids, { signal: this.#signal }))
  }

  /** Skips the case when the backend does not have this call. */
  needCall(call: BackendCall): void {
    if (call === 'usage' && !this.backend.supports.usage) skipCase('supports.usage is false')
  }

  /** Skips the case when the engine, not the caller, chooses which machine ends. */
  needChoice(): void {
    if (!this.backend.supports.chooseVictim) skipCase('supports.chooseVictim is false')
  }

  /** Not bounded, as `startLaunch`. */
  startUsage(
    instances: readonly Instance[],
    { backend = this.backend, signal }: Given = {},
  ): Promise<readonly Reading[]> {
    if (backend.usage === undefined) return assert.fail('supports.usage is true, and there is no usage')
    return backend.usage(instances, { signal: signal ?? this.#signal })
  }

  async usage(instances: readonly Instance[]): Promise<readonly Reading[]> {
    return this.bounds.within('usage', this.startUsage(instances))
  }

  /** Waits until a machine runs, and gives it as it is then. */
  async running(id: string, given: Given = {}): Promise<Instance> {
    return this.bounds.eventually('a machine to run', async () => {
      const instance = (await this.list(given)).find((listed) => listed.id === id)
      if (instance === undefined) throw new FinalFailure(`${id} should be listed: it was launched`)
      const { status, statusReason = 'no reason given' } = instance
      if (status === 'running') return instance
      const message = `${id} should come to run, but is ${status}: ${statusReason}`
      return status === 'stopped' || status === 'failed' ? fail(message) : assert.fail(message)
    })
  }

  /** Terminates what is listed, and asserts that then nothing at all is left. */
  async assertNothingLeft(): Promise<void> {
    const { clock, abortMs } = this.bounds
    // A fault that was armed and not met may hit a call of ours, and what it broke may take a moment to be whole again.
    const graceEndMs = clock.monotonic() + (this.#isArmed ? abortMs : 0)
    await this.bounds.eventually('nothing to be left', async () => {
      const outcome = await outcomeOf(this.#clear())
      if (outcome.kind === 'rejected') {
        const message = `cleaning up after the case: ${messageOf(outcome.error)}`
        if (clock.monotonic() >= graceEndMs) throw new FinalFailure(message, outcome.error)
        assert.fail(message)
      }
      assert.deepEqual(outcome.value, [], `left behind: ${outcome.value.join(', ')}`)
    })
  }

  /** Gives what is left all the same, with the reason where one is known. */
  async #clear(): Promise<readonly string[]> {
    const ids = await this.listIds()
    const { failed } = ids.length > 0 ? await this.terminate(ids) : { failed: [] }
    const reasons = new Map(failed.map(({ id, error }) => [id, ` (${error.message})`]))
    const left = await this.bounds.within("the kit's leftovers", this.#leftovers())
    return [...(await this.listIds()).map((id) => `${id}${reasons.get(id) ?? ''}`), ...left]
  }

  async #leftovers(): Promise<readonly string[]> {
    try {
      return (await this.under.leftovers?.()) ?? []
    } catch (error) {
      throw new Error(`the kit's leftovers: ${messageOf(error)}`, { cause: error })
    }
  }

  /** Ends what the case launched, closes what it opened, and cleans up. */
  async end(): Promise<void> {
    const finder = (await this.#quietly(async () => this.under.reopen?.())) ?? this.backend
    for (const group of this.#groups) {
      await this.#quietly(async () => {
        const ids = await this.listIds({ backend: finder, group })
        if (ids.length > 0) await this.terminate(ids, { backend: finder, group })
      })
    }
    for (const backend of [this.backend, finder, ...this.#reopened]) {
      await this.#quietly(async () => backend.close())
    }
    await this.bounds.within('cleanup', this.under.cleanup(), this.bounds.eventuallyMs)
  }

  /** A backend that breaks a promise may break it here too; the case has told already. */
  async #quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
    const outcome = await outcomeOf(this.bounds.within('clean-up', work()))
    return outcome.kind === 'resolved' ? outcome.value : undefined
  }
}

function fail(message: string): never {
  throw new FinalFailure(message)
}
