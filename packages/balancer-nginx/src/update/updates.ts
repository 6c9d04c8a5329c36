import type { Address, CallOptions, FlotillaError } from '@flotilla/core'
import { ConfigRefused } from '../errors.js'
import type { Member } from '../config/member-check.js'
import type { RenderedConfig } from '../config/nginx-config.js'
import { readWritten } from '../config/written-config.js'
import type { NginxApi } from '../nginx-api.js'
import type { StatusPage } from '../status/status-page.js'
import type { Drain, LeavingWorkers } from './drain.js'
import type { DrainWatch } from './drain-watch.js'
import type { Installer } from './installer.js'
import { Job } from './job.js'
import { LeavingTimes } from './leaving-times.js'

export interface UpdatesOptions {
  readonly api: Pick<NginxApi, 'workers'>
  readonly page: Pick<StatusPage, 'generation'> | undefined
  readonly upstream: string
  readonly render: (members: readonly Member[]) => RenderedConfig
  readonly installer: Installer
  readonly watch: DrainWatch
}

/**
 * Brings Nginx from one set of members to the next: one update at a time, and all sets asked for meanwhile as one. A
 * drain does not hold up the update after it.
 */
export class Updates {
  readonly #options: UpdatesOptions
  readonly #life = new AbortController()
  readonly #times = new LeavingTimes()
  #waiting: Job[] = []
  #running: Promise<void> | undefined
  /** The members in force; undefined until the file was read for the first time. */
  #members: ReadonlyMap<string, Address> | undefined
  /** The text known to be in force; undefined when that is in doubt. */
  #inForce: string | undefined
  /** Removals whose callers have gone: the next one waits for them. */
  #unclaimed: readonly Drain[] = []

  constructor(options: UpdatesOptions) {
    this.#options = options
  }

  /** Asks for a set. The job tells when it is in force, and which removals that began. */
  ask(members: readonly Member[]): Job {
    const job = new Job(members, (drains) => {
      this.#unclaimed = [...this.#unclaimed, ...drains]
    })
    this.#waiting.push(job)
    this.#start()
    return job
  }

  /** Lets the update under way come to its end, and takes no more. */
  async close(reason: FlotillaError): Promise<void> {
    for (const job of this.#waiting) job.reject(reason)
    this.#waiting = []
    await this.#running
    this.#life.abort(reason)
  }

  #start(): void {
    if (this.#running !== undefined || this.#waiting.length === 0) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      // One may have been asked for between the last look and now.
      this.#start()
    })
  }

  async #run(): Promise<void> {
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      const target = batch.at(-1)
      if (target === undefined) return
      try {
        this.#settle(batch, target, await this.#bringTo([...target.members.values()]))
      } catch (error) {
        if (error instanceof ConfigRefused && batch.length > 1) {
          // The others may fare better without the last of them.
          target.reject(error)
          this.#waiting.unshift(...batch.slice(0, -1))
        } else {
          for (const job of batch) job.reject(error)
        }
      }
    }
  }

  #take(): readonly Job[] {
    const batch = this.#waiting.filter(({ isAbandoned }) => !isAbandoned)
    this.#waiting = []
    return batch
  }

  /** The workers with an older configuration; undefined when this one was in force already. */
  async #bringTo(members: readonly Member[]): Promise<{ readonly workers: LeavingWorkers } | undefined> {
    const call = { signal: this.#life.signal }
    const config = this.#options.render(members)
    if (this.#members === undefined) await this.#adopt(config, call)
    if (this.#inForce === config.text) return undefined
    const before = this.#inForce
    this.#inForce = undefined
    try {
      const { before: workers, toldAtMs } = await this.#options.installer.install(config, call)
      this.#inForce = config.text
      return { workers: this.#times.told(workers, toldAtMs) }
    } catch (error) {
      // Nginx was not told of what it refused.
      if (error instanceof ConfigRefused) this.#inForce = before
      throw error
    }
  }

  /** After a start: what the file says is what the last controller wanted, in force or not. */
  async #adopt(config: RenderedConfig, call: CallOptions): Promise<void> {
    const { api, page, upstream, installer, watch } = this.#options
    const text = await installer.readOwn(call)
    const found = readWritten(text, upstream)
    if (found.kind !== 'ours') {
      this.#members = new Map()
      return
    }
    // Workers that are leaving may still have requests for machines that even the file no longer names.
    const leaving = (await api.workers?.(call))?.filter(({ isLeaving }) => isLeaving)
    if (leaving === undefined || leaving.length > 0) {
      const workers = leaving && [{ ids: leaving.map(({ id }) => id), toldAtMs: -Infinity }]
      this.#unclaimed = [...this.#unclaimed, watch.add(undefined, workers)]
    }
    const answer = text === config.text ? await page?.generation(call) : undefined
    if (answer !== undefined && 'told' in answer && answer.told === config.generation) this.#inForce = text
    this.#members = new Map(found.members.map(({ id, address }) => [id, address]))
  }

  /** Tells each job what its own set took out, and what became of that. */
  #settle(
    batch: readonly Job[],
    target: Job,
    reloaded: { readonly workers: LeavingWorkers } | undefined,
  ): void {
    const { watch } = this.#options
    // Without a reload nobody has anything of what only these sets had between them.
    const leaving = reloaded === undefined ? [] : reloaded.workers
    watch.readmit(new Set(target.members.keys()))
    let before = this.#members ?? new Map<string, Address>()
    for (const [index, job] of batch.entries()) {
      const later = batch.slice(index + 1)
      const removed = [...before].filter(([id]) => !job.members.has(id))
      const drains = removed.map(([memberId, address]): Drain => {
        const isBack = later.some(({ members }) => members.has(memberId))
        return isBack
          ? { memberId, outcome: Promise.resolve('readmitted') }
          : watch.add({ memberId, address }, leaving)
      })
      job.resolve([...drains, ...this.#claim(job)])
      before = job.members
    }
    this.#members = target.members
  }

  /** What nobody waits for, but for members that are back. */
  #claim(job: Job): readonly Drain[] {
    if (job.isAbandoned) return []
    const claimed = this.#unclaimed.filter(
      ({ memberId }) => memberId === undefined || !job.members.has(memberId),
    )
    this.#unclaimed = []
    return claimed
  }
}
