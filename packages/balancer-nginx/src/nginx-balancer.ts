import {
  FlotillaError,
  type BalancerCheck,
  type BalancerMember,
  type CallOptions,
  type LoadBalancer,
  type Metrics,
  type MetricInfo,
  type Reading,
  type SampleRequest,
  type SyncReport,
} from '@flotilla/core'
import { CallGuard, messageOf, untilAborted } from '@flotilla/core/authoring'
import { checkMembers } from './config/member-check.js'
import { renderConfig } from './config/nginx-config.js'
import { ConfigRefused } from './errors.js'
import { FrontWitness } from './front/witness.js'
import type { NginxApi } from './nginx-api.js'
import type { NginxSettings } from './options/settings.js'
import { installationFrom, type Installation } from './setup/installation.js'
import { FrontCheck } from './update/front-check.js'
import { readable } from './update/dump-check.js'
import { setupReport, type SetupReport } from './setup/setup-report.js'
import { NginxMetrics } from './status/nginx-metrics.js'
import type { StatusPage } from './status/status-page.js'
import type { Drain } from './update/drain.js'
import { DrainWatch } from './update/drain-watch.js'
import { Installer } from './update/installer.js'
import type { Job } from './update/job.js'
import { Updates } from './update/updates.js'

/** Nginx as a load balancer, and as a source of metrics where its status can be asked: the same object is both. */
export interface Nginx extends LoadBalancer, Metrics {
  readonly name: string
  /**
   * Whether clients get what the last `sync` set, as they would ask: at each address of `listen`; without it, and where
   * nobody can ask from here, by our file and the whole configuration.
   */
  check(options: CallOptions): Promise<BalancerCheck>
  /**
   * Which setup this installation has, and what it promises: whether a client that keeps its connections can meet a
   * reload. Reads the whole configuration that is in the files now.
   *
   * @throws FlotillaError as `sync` does; `unsupported` where `commands` cannot tell
   */
  describeSetup(options: CallOptions): Promise<SetupReport>
  /** Leaves Nginx as it is, once an update under way has come to its end. `sync` rejects with `closed` from then on. */
  close(): Promise<void>
}

/** What a balancer is put together from. */
export interface NginxParts {
  readonly settings: NginxSettings
  readonly api: NginxApi
  /** Undefined where Nginx cannot be asked from here. */
  readonly page: StatusPage | undefined
}

/** The parts put together: sync → updates → Nginx, and the drains they begin. */
export class NginxBalancer implements Nginx {
  readonly name: string
  readonly provides: readonly MetricInfo[]
  readonly #api: NginxApi
  readonly #upstream: string
  readonly #watch: DrainWatch
  readonly #updates: Updates
  readonly #check: FrontCheck
  readonly #metrics: NginxMetrics
  readonly #calls: CallGuard
  #closed: Promise<void> | undefined

  constructor({ settings, api, page }: NginxParts) {
    const { name, shape, clock, drainMs, timeoutMs, reloadMs, polls, blindMs } = settings
    const { upstream } = shape
    const onRequest = (): void => page?.noteOwnRequest()
    const witness = new FrontWitness({ shape, page, timeoutMs, clock, onRequest })
    this.name = name
    this.#calls = new CallGuard(name)
    this.#api = api
    this.#upstream = upstream
    this.#watch = new DrainWatch({ api, clock, timeoutMs, drainMs, pollMs: polls.drain })
    this.#updates = new Updates({
      witness,
      upstream,
      render: (members) => renderConfig(shape, members),
      installer: new Installer({
        api,
        witness,
        shape,
        clock,
        reloadMs,
        blindMs,
        pollMs: polls.reload,
        onDump: (dump) => this.#learn(readable(dump)),
      }),
      watch: this.#watch,
    })
    this.#check = new FrontCheck({ api, witness, shape })
    this.#metrics = new NginxMetrics(page, shape.accessLog, clock)
    this.provides = this.#metrics.provides
  }

  async sync(members: readonly BalancerMember[], { signal }: CallOptions): Promise<SyncReport> {
    this.#calls.begin(signal)
    const job = this.#updates.ask(checkMembers(members))
    // At once, not when the promise below has settled: the next sync may be made in between.
    const abandon = (): void => job.abandon()
    signal.addEventListener('abort', abandon, { once: true })
    try {
      return await untilAborted(() => untilAborted(() => this.#reportOf(job), this.#calls.closing), signal)
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  async check({ signal }: CallOptions): Promise<BalancerCheck> {
    this.#calls.begin(signal)
    return untilAborted(() => untilAborted(() => this.#checkNow(signal), this.#calls.closing), signal)
  }

  sample(request: SampleRequest): Promise<readonly Reading[]> {
    return this.#metrics.sample(request)
  }

  async describeSetup(call: CallOptions): Promise<SetupReport> {
    this.#calls.begin(call.signal)
    const { installation, version } = await this.#installation(call)
    return setupReport(installation, version, this.#upstream)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#calls.close()
    this.#watch.stop()
    await this.#updates.close(this.#calls.closing.reason)
  }

  async #checkNow(signal: AbortSignal): Promise<BalancerCheck> {
    for (;;) {
      await this.#updates.idle()
      signal.throwIfAborted()
      const { expected, updateCount } = this.#updates
      if (expected === undefined) return { serves: true }
      const check = await this.#check.look(expected, { signal })
      // What was seen while an update began says nothing.
      if (this.#updates.updateCount !== updateCount) continue
      if (!check.serves) this.#updates.doubt()
      return check
    }
  }

  #learn(installation: Installation | undefined): void {
    if (installation !== undefined) this.#watch.workerShutdownMs = installation.workerShutdownMs ?? Infinity
  }

  async #installation(
    call: CallOptions,
  ): Promise<{ readonly installation: Installation; readonly version: string }> {
    const { where, configFile } = this.#api
    const attempted = `describe ${where}`
    const { isAccepted, output, dump } = await this.#api.test(call)
    if (!isAccepted) throw new ConfigRefused(attempted, output, configFile)
    if (dump === undefined) {
      throw new FlotillaError('unsupported', `${attempted}: commands.dump was not given`)
    }
    try {
      const installation = installationFrom(dump)
      this.#learn(installation)
      return { installation, version: await this.#api.version(call) }
    } catch (error) {
      if (error instanceof FlotillaError) throw error
      const message = `${attempted}: what nginx -T printed cannot be read: ${messageOf(error)}`
      throw new FlotillaError('unknown', message, { cause: error })
    }
  }

  async #reportOf(job: Job): Promise<SyncReport> {
    const drains = await job.inForce
    this.#metrics.wasInForce = true
    const report = { drained: [] as string[], cut: [] as string[], readmitted: [] as string[] }
    const outcomes = await Promise.all(drains.map(({ outcome }) => outcome))
    for (const [index, outcome] of outcomes.entries()) {
      const memberId = (drains[index] as Drain).memberId
      if (memberId !== undefined) report[outcome].push(memberId)
    }
    return report
  }
}
