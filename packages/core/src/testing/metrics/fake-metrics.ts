import { FlotillaError } from '../../errors.js'
import type { MetricInfo, Metrics, MissingRule, Reading, SampleRequest, Unit } from '../../metrics/metrics.js'

/** The one metric that a fake source gives. */
export interface FakeMetricsOptions {
  /** Default `cpu`. */
  readonly name?: string | undefined
  /** Default `ratio`. */
  readonly unit?: Unit | undefined
  /** Default `group`. */
  readonly of?: 'group' | 'instance' | undefined
  readonly whenMissing?: MissingRule | undefined
  /** What it reads before anything is set; default 0. */
  readonly value?: number | undefined
}

type Mode =
  | { readonly kind: 'works' }
  | { readonly kind: 'fails'; readonly reason: string }
  | { readonly kind: 'hangs'; readonly ignoresSignal: boolean }
  | { readonly kind: 'throws'; readonly value: unknown }
  | { readonly kind: 'answers'; readonly answer: unknown }

/** A source of one metric, which reads whatever the test has set. */
export function fakeMetrics(options: FakeMetricsOptions = {}): FakeMetrics {
  return new FakeMetrics(options)
}

/** See `fakeMetrics`. */
export class FakeMetrics implements Metrics {
  readonly name: string
  readonly provides: readonly MetricInfo[]
  /** What it was asked. */
  readonly requests: SampleRequest[] = []
  closeCount = 0
  readonly #info: MetricInfo
  readonly #ofInstance = new Map<string, number>()
  readonly #absent = new Map<string, string>()
  #value: number
  #mode: Mode = { kind: 'works' }

  constructor({ name = 'cpu', unit = 'ratio', of = 'group', whenMissing, value = 0 }: FakeMetricsOptions) {
    this.#info = { name, unit, of, whenMissing }
    this.#value = value
    this.name = `fake ${name}`
    this.provides = [this.#info]
  }

  /** What it reads from now on: of the group, or of one instance; of all that have none of their own. */
  set(value: number, instanceId?: string): void {
    if (instanceId === undefined) this.#value = value
    else this.#ofInstance.set(instanceId, value)
  }

  /** This instance cannot be read from now on. */
  lose(instanceId: string, reason = 'the vendor has no figures for it'): void {
    this.#absent.set(instanceId, reason)
  }

  /** Every sample rejects from now on. */
  fail(reason = '503 Service Unavailable'): void {
    this.#mode = { kind: 'fails', reason }
  }

  /** No sample settles from now on, until its signal aborts; or not even then, against the contract. */
  hang({ ignoresSignal = false }: { readonly ignoresSignal?: boolean | undefined } = {}): void {
    this.#mode = { kind: 'hangs', ignoresSignal }
  }

  /** Every sample rejects with anything at all, against the contract: a string, undefined. */
  throw(value: unknown): void {
    this.#mode = { kind: 'throws', value }
  }

  /** Every sample resolves to anything at all, against the contract: null, readings of NaN. */
  answer(answer: unknown): void {
    this.#mode = { kind: 'answers', answer }
  }

  /** Back to what was set. */
  recover(): void {
    this.#mode = { kind: 'works' }
    this.#absent.clear()
  }

  async sample(request: SampleRequest): Promise<readonly Reading[]> {
    this.requests.push(request)
    request.signal.throwIfAborted()
    const mode = this.#mode
    switch (mode.kind) {
      case 'works':
        return this.#read(request)
      case 'fails':
        throw new FlotillaError('unavailable', `${this.name}: ${mode.reason}`, {
          cause: new Error(mode.reason),
        })
      case 'hangs':
        return untilAborted(mode.ignoresSignal ? undefined : request.signal)
      case 'throws':
        throw mode.value
      case 'answers':
        return mode.answer as readonly Reading[]
    }
  }

  async close(): Promise<void> {
    this.closeCount += 1
  }

  #read({ instances, now }: SampleRequest): readonly Reading[] {
    const base = { name: this.#info.name, unit: this.#info.unit, at: now }
    if (this.#info.of === 'group') return [{ kind: 'value', ...base, value: this.#value }]
    return instances.map(({ id }): Reading => {
      const reason = this.#absent.get(id)
      if (reason !== undefined) return { kind: 'absent', ...base, instanceId: id, reason }
      return { kind: 'value', ...base, instanceId: id, value: this.#ofInstance.get(id) ?? this.#value }
    })
  }
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
