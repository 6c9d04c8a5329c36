import { randomBytes } from 'node:crypto'
import type { BackendProblem, BatchReport, FlotillaError, LaunchRequest } from '@flotilla/core'
import { toFlotillaError, WarmPoolKeeper } from '@flotilla/core/authoring'
import type { Context } from '../context.js'
import type { Machine } from '../host/host.js'
import type { HostView } from '../host/hypervisors.js'
import { isEnded, isOfGroup } from '../host/machines.js'
import { makeMachine } from '../make-machine.js'
import { launchOn } from '../place/placement-book.js'
import { keptProblems } from '../removal/kept.js'
import { removeMachine } from '../removal/remove.js'
import { claim } from './claim.js'
import { enter } from './enter.js'
import { prepare } from './prepare.js'
import { planPool } from './warm-plan.js'

const pauses = { firstPauseMs: 5000, longestPauseMs: 300_000 }
/** The pool is refilled this long after a machine was taken: the taken machine needs the host's CPU first. */
const refillDelayMs = 2000

/** Machines made ahead of need: taken by launches, and made up for in the background. */
export class WarmPool {
  readonly #context: Context
  readonly #keeper: WarmPoolKeeper
  readonly #closing = new AbortController()
  /** UUIDs of those that a launch is taking at this moment, each with its group. */
  readonly #taking = new Map<string, string>()
  /** UUIDs of those that are being prepared here. */
  readonly #preparing = new Set<string>()

  constructor(context: Context) {
    this.#context = context
    const { problems, settings, hypervisors } = context
    this.#keeper = new WarmPoolKeeper({
      ...pauses,
      clock: hypervisors.clock,
      problems,
      onProblem: settings.warm.onProblem,
      tend: async (group, signal) => this.#tend(group, signal),
    })
  }

  /** A machine of the pool, running and with that token; undefined when there is none that would do. */
  async take(
    request: LaunchRequest,
    views: readonly HostView[],
    signal: AbortSignal,
  ): Promise<Machine | undefined> {
    const { settings } = this.#context
    if (settings.warm.size === 0) return undefined
    try {
      for (const machine of this.#plan(request.group, views).ready) {
        const taken = await this.#takeOne(machine, request, signal)
        if (taken !== undefined) return taken
      }
      return undefined
    } finally {
      this.#keepUpSoon(request.group)
    }
  }

  async #takeOne(
    machine: Machine,
    request: LaunchRequest,
    signal: AbortSignal,
  ): Promise<Machine | undefined> {
    const { host, ref } = machine
    if (this.#taking.has(ref.uuid)) return undefined
    this.#taking.set(ref.uuid, request.group)
    host.launching.add(ref.uuid)
    const what = `launch ${ref.name}`
    try {
      const claimed = await claim(machine, request, {
        what,
        signal,
        now: this.#context.hypervisors.clock.now(),
      })
      return claimed === undefined ? undefined : await enter(this.#context, claimed, { what, signal })
    } finally {
      host.launching.delete(ref.uuid)
      this.#taking.delete(ref.uuid)
      host.machines.invalidate()
    }
  }

  #keepUpSoon(group: string): void {
    const { clock, hosts } = this.#context.hypervisors
    this.#keeper.postpone(group, refillDelayMs)
    const { signal } = this.#closing
    const later = async (): Promise<void> => {
      // A timer may fire a little early by the clock that does not jump.
      await clock.sleep(refillDelayMs + earlyMs, { signal })
      await this.#keeper.keepUp(group)
    }
    hosts[0]?.inBackground(later())
  }

  /** Brings the pool of a group to its size, beside whatever else is done. */
  keepUp(group: string): void {
    this.#context.hypervisors.hosts[0]?.inBackground(this.#keeper.keepUp(group))
  }

  /** Whether a list shows that there is something to do. */
  needsWork(group: string, views: readonly HostView[]): boolean {
    if (!this.#keeper.isDue(group)) return false
    const { missing, surplus } = this.#plan(group, views)
    return missing > 0 || surplus.length > 0
  }

  async #tend(group: string, signal: AbortSignal): Promise<readonly BackendProblem[]> {
    const { hypervisors, settings } = this.#context
    for (;;) {
      const views = await hypervisors.look(signal)
      const plan = this.#plan(group, views)
      for (const machine of plan.surplus) await this.#remove(machine, signal)
      if (plan.missing <= 0) return []
      const count = Math.min(plan.missing, settings.placement.clonesInFlight)
      await settleAll(Array.from({ length: count }, async () => this.#add(group, views, signal)))
    }
  }

  #plan(group: string, views: readonly HostView[]): ReturnType<typeof planPool> {
    const { settings, templateHash, hypervisors } = this.#context
    const up = views.filter(({ down }) => down === undefined)
    const machines = up
      .flatMap((view) => view.machines)
      .filter((machine) => isOfGroup(machine, settings.scope, group) && isWaiting(machine))
    const busy = new Set([...this.#taking.keys(), ...this.#preparing])
    return planPool(machines, { warm: settings.warm, templateHash, now: hypervisors.clock.now(), busy })
  }

  async #add(group: string, views: readonly HostView[], signal: AbortSignal): Promise<void> {
    const { placement, settings } = this.#context
    const { hosts, refused, ticket } = await placement.places(views, signal)
    const [host] = hosts
    if (host === undefined) {
      if (refused[0] !== undefined) throw refused[0]
      return
    }
    const name = { scope: settings.scope, group, key: `_${randomBytes(6).toString('hex')}` }
    const isStarted = settings.warm.kind !== 'stopped'
    const request = { name, token: undefined, warm: 'preparing', isStarted } as const
    // Only the clone takes a launch's place: a boot lasts long, and launches that are asked for must not wait for it.
    const machine = await launchOn(host, { ticket, settings }, signal, async () => {
      const made = await makeMachine(this.#context, host, request, signal)
      this.#preparing.add(made.ref.uuid)
      return made
    })
    try {
      await prepare(this.#context, machine, signal)
    } catch (error) {
      if (!signal.aborted) await this.#remove(machine, signal).catch(() => {})
      throw error
    } finally {
      this.#preparing.delete(machine.ref.uuid)
      host.machines.invalidate()
    }
  }

  async #remove(machine: Machine, signal: AbortSignal): Promise<void> {
    const { guard, problems } = this.#context
    const { ref, owner, host } = machine
    const what = `remove ${ref.name} from the warm pool`
    const kept = await host.turns.run(ref.uuid, signal, async () =>
      removeMachine(machine, { what, signal, shutdownMs: 0, guard }),
    )
    problems.set(owner.group, `machine ${ref.uuid}`, keptProblems(ref.name, kept))
  }

  /** A group of which a machine is launched has a pool again, whatever was before. */
  begin(group: string): void {
    this.#keeper.begin(group)
  }

  /**
   * Removes every waiting machine of a group, and makes no more. A machine that is being prepared is given up; one that a
   * launch is taking at this moment is waited for.
   */
  async end(group: string, signal: AbortSignal): Promise<BatchReport> {
    const { hypervisors, settings } = this.#context
    const { clock } = hypervisors
    await this.#keeper.end(group)
    while ([...this.#taking.values()].includes(group)) await clock.sleep(endPauseMs, { signal })
    const done: string[] = []
    const failed: { id: string; error: FlotillaError }[] = []
    for (const host of hypervisors.hosts) host.machines.invalidate()
    for (const { machines, down, host } of await hypervisors.look(signal)) {
      if (down !== undefined) failed.push({ id: `warm pool on ${host.label}`, error: down })
      for (const machine of down === undefined ? machines : []) {
        if (!isOfGroup(machine, settings.scope, group) || !isWaiting(machine)) continue
        try {
          await this.#remove(machine, signal)
          done.push(machine.ref.uuid)
        } catch (thrown) {
          signal.throwIfAborted()
          failed.push({ id: machine.ref.uuid, error: toFlotillaError(thrown, `remove ${machine.ref.name}`) })
        }
      }
    }
    return { done, failed }
  }

  /** Machines that are being prepared stay as they are; the next controller removes them. */
  close(): void {
    this.#keeper.close()
    this.#closing.abort(new Error('the backend was closed'))
  }
}

const endPauseMs = 100
const earlyMs = 50

/** All of them settle; then the first rejection, if any, is thrown. */
async function settleAll(works: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}

/** A machine of the warm pool that no launch has taken. */
const isWaiting = (machine: Machine): boolean => machine.owner.token === undefined && !isEnded(machine)
