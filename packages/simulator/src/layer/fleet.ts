import type { TrackedInstance } from '@flotilla/core'
import type { Random } from '../random.js'
import { type FullLayer, startSeconds } from './layer.js'
import { type Machine, trackedOf } from './machine.js'

export interface FleetOptions {
  readonly layer: FullLayer
  readonly group: string
  /** Epoch milliseconds of second 0. */
  readonly startAt: number
  /** For the time that starts take, and for which of them fail. */
  readonly random: Random
}

/**
 * The group's instances, second by second, brought to the desired count by the rules of the live group: a drain is
 * cancelled before anything is launched, the newest first; those not yet ready go before those in service, the oldest
 * first. A launch that failed is made again at once.
 */
export class Fleet {
  readonly #options: FleetOptions
  #machines: Machine[] = []
  #desired = 0
  #nextId = 1
  #goneSeconds = 0
  #tracked: readonly TrackedInstance[] | undefined
  #readyCount = 0
  #effective = 0
  #nextChangeAt = Infinity

  constructor(options: FleetOptions) {
    this.#options = options
  }

  /** Those in service. */
  get readyCount(): number {
    return this.#readyCount
  }

  /** Those that exist, and are paid for. */
  get count(): number {
    return this.#machines.length
  }

  /** Those in service, each by its speed. */
  get effective(): number {
    return this.#effective
  }

  /** The second at which something changes by itself; Infinity when nothing will. */
  get nextChangeAt(): number {
    return this.#nextChangeAt
  }

  /** Begins with so many in service at full speed. Call it once, first. */
  startWith(count: number): void {
    for (let index = 0; index < count; index += 1) this.#add(0, 0, false)
    this.#desired = count
    this.#settle(0)
  }

  /** Moves to another count. */
  setDesired(second: number, desired: number): void {
    if (desired === this.#desired) return
    this.#desired = desired
    this.#reconcile(second)
    this.#settle(second)
  }

  /** Lets happen what is due by now. */
  advance(second: number): void {
    if (second < this.#nextChangeAt) return
    const stay: Machine[] = []
    let lostCount = 0
    for (const machine of this.#machines) {
      if (machine.state === 'launching' && machine.readyAt <= second) {
        if (machine.fails) machine.goneAt = second
        else {
          machine.state = 'in-service'
          machine.stateSince = second
        }
      }
      if (machine.goneAt > second) stay.push(machine)
      else {
        this.#goneSeconds += second - machine.launchedAt
        lostCount += 1
      }
    }
    this.#machines = stay
    // What failed to start is missing.
    if (lostCount > 0) this.#reconcile(second)
    this.#settle(second)
  }

  /** Seconds that instances have existed until now, all together: what is paid for. */
  paidSeconds(second: number): number {
    let seconds = this.#goneSeconds
    for (const { launchedAt, goneAt } of this.#machines) seconds += Math.min(second, goneAt) - launchedAt
    return seconds
  }

  /** The instances as policies see them. */
  tracked(): readonly TrackedInstance[] {
    const { group, startAt } = this.#options
    this.#tracked ??= this.#machines.map((machine) => trackedOf(machine, group, startAt))
    return this.#tracked
  }

  #reconcile(second: number): void {
    let missing = this.#desired - this.#machines.filter(isCapacity).length
    if (missing > 0) missing -= this.#cancelDrains(second, missing)
    for (let index = 0; index < missing; index += 1) {
      const { layer, random } = this.#options
      const readyAt = second + startSeconds(layer, random.uniform())
      this.#add(second, readyAt, random.uniform() < layer.launchFailure)
    }
    if (missing < 0) this.#remove(second, -missing)
  }

  #cancelDrains(second: number, most: number): number {
    const draining = this.#machines.filter(({ state }) => state === 'draining')
    const back = draining.toSorted((a, b) => b.stateSince - a.stateSince).slice(0, most)
    for (const machine of back) {
      machine.state = 'in-service'
      machine.stateSince = second
      machine.goneAt = Infinity
    }
    return back.length
  }

  #remove(second: number, count: number): void {
    const victims = this.#machines
      .filter(isCapacity)
      .toSorted((a, b) => rank(a) - rank(b) || a.launchedAt - b.launchedAt)
      .slice(0, count)
    const ended = new Set<Machine>()
    for (const machine of victims) {
      if (machine.state === 'launching' || this.#options.layer.drainSeconds === 0) ended.add(machine)
      machine.state = 'draining'
      machine.stateSince = second
      machine.goneAt = second + this.#options.layer.drainSeconds
    }
    // One that never took a request has nothing to drain.
    for (const machine of ended) this.#goneSeconds += second - machine.launchedAt
    if (ended.size > 0) this.#machines = this.#machines.filter((machine) => !ended.has(machine))
  }

  #add(second: number, readyAt: number, fails: boolean): void {
    const isReady = readyAt <= second
    const warmAt = readyAt + (isReady ? 0 : this.#options.layer.warmupSeconds)
    const state = isReady ? 'in-service' : 'launching'
    const id = `${this.#options.group}-${this.#nextId}`
    this.#nextId += 1
    this.#machines.push({
      id,
      launchedAt: second,
      state,
      stateSince: second,
      readyAt,
      fails,
      warmAt,
      goneAt: Infinity,
    })
  }

  #settle(second: number): void {
    const { warmupSpeed } = this.#options.layer
    this.#tracked = undefined
    this.#readyCount = 0
    this.#effective = 0
    this.#nextChangeAt = Infinity
    for (const { state, readyAt, warmAt, goneAt } of this.#machines) {
      let next = goneAt
      if (state === 'launching') next = readyAt
      if (state === 'in-service') {
        this.#readyCount += 1
        this.#effective += warmAt <= second ? 1 : warmupSpeed
        if (warmAt > second) next = warmAt
      }
      if (next < this.#nextChangeAt) this.#nextChangeAt = next
    }
  }
}

const isCapacity = ({ state }: Machine): boolean => state !== 'draining'

const rank = ({ state }: Machine): number => (state === 'launching' ? 0 : 1)
