import type { Address, CallOptions, FlotillaError } from '@flotilla/core'
import { ConfigRefused } from '../errors.js'
import type { FrontWitness } from '../front/witness.js'
import type { Member } from '../config/member-check.js'
import type { RenderedConfig } from '../config/nginx-config.js'
import { readWritten } from '../config/written-config.js'
import type { Look, NginxWorker } from '../nginx-api.js'
import type { Drain, LeavingWorkers } from './drain.js'
import type { DrainWatch } from './drain-watch.js'
import type { Installed, Installer } from './installer.js'
import { Job } from './job.js'
import { LeavingTimes } from './leaving-times.js'

export interface UpdatesOptions {
  readonly witness: Pick<FrontWitness, 'look'>
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
  /** What the last update that came to its end had set; undefined before the first. */
  #expected: RenderedConfig | undefined
  #updateCount = 0
  /** Removals whose callers have gone: the next one waits for them. */
  #unclaimed: readonly Drain[] = []

  constructor(options: UpdatesOptions) {
    this.#options = options
  }

  /** What clients should get now; undefined before the first set is in force. */
  get expected(): RenderedConfig | undefined {
    return this.#expected
  }

  /** Grows with each update that begins. */
  get updateCount(): number {
    return this.#updateCount
  }

  /** Resolves when no update is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  /** Clients do not get what was set: the next set is put in force, also when it is the same. */
  doubt(): void {
    this.#inForce = undefined
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
    this.#updateCount += 1
    const { installer } = this.#options
    const adopted = this.#members === undefined ? await this.#adopt(config, call) : undefined
    if (this.#inForce === config.text) {
      this.#expected = config
      return undefined
    }
    const look = adopted ?? (await installer.look(call))
    const onDoubt = (): void => this.doubt()
    const installed = await installer.install({ config, look, onDoubt }, call)
    this.#inForce = config.text
    this.#expected = config
    return { workers: this.#times.told(this.#stillThere(installed), installed.toldAtMs) }
  }

  /** Without those that were seen to have ended before Nginx may cut anything: they had no requests left. */
  #stillThere({ before, toldAtMs, left }: Installed): readonly NginxWorker[] | undefined {
    if (left === undefined || left.seenAtMs >= toldAtMs + this.#options.watch.shortestMs) return before
    return before?.filter(({ id }) => left.ids.has(id))
  }

  /** After a start: what the file says is what the last controller wanted, in force or not. */
  async #adopt(config: RenderedConfig, call: CallOptions): Promise<Look> {
    const { witness, upstream, installer, watch } = this.#options
    const look = await installer.look(call)
    const { text, workers: seen, vantages } = look
    const found = readWritten(text, upstream)
    if (found.kind !== 'ours') {
      this.#members = new Map()
      return look
    }
    // Workers that are leaving may still have requests for machines that even the file no longer names.
    const leaving = seen?.filter(({ isLeaving }) => isLeaving)
    if (leaving === undefined || leaving.length > 0) {
      const workers = leaving && [{ ids: leaving.map(({ id }) => id), toldAtMs: -Infinity }]
      this.#unclaimed = [...this.#unclaimed, watch.add(undefined, workers)]
    }
    const isServed =
      text === config.text &&
      look.upgrade === undefined &&
      (await witness.look(config.generation, vantages, call)).kind === 'served'
    if (isServed) this.#inForce = text
    this.#members = new Map(found.members.map(({ id, address }) => [id, address]))
    return look
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
