import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import { messageOf } from '../../errors.js'
import { inParallel } from '../../async/in-parallel.js'
import type { Probe, ProbeResult } from '../../probes/probe.js'
import { isCapacity } from '../../model.js'
import { brokenReason } from '../life/advance.js'
import type { Member } from '../life/group-state.js'
import { impairment } from '../life/platform-health.js'

export interface ProberOptions {
  readonly probe: Probe
  readonly clock: Clock
  /** Bound of one check, over the probe's own. */
  readonly timeoutMs: number
  /** Checks at one time. */
  readonly parallel: number
}

/** First and longest wait between two questions to an instance that is starting. */
const firstWaitMs = 50
const longestWaitMs = 1000

/** Asks instances whether they answer: all at once at a tick, and a starting one again and again in between. */
export class Prober {
  readonly #options: ProberOptions
  /** Ends the watch of each instance that is being watched. */
  readonly #watched = new Map<string, AbortController>()
  readonly #answers = new Map<string, ProbeResult>()

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** The latest answer of each, in a tick or in between. */
  get answers(): ReadonlyMap<string, ProbeResult> {
    return this.#answers
  }

  /** Forgets the answers of all others. */
  keepOnly(ids: Pick<ReadonlyMap<string, unknown>, 'has'>): void {
    for (const id of this.#answers.keys()) if (!ids.has(id)) this.#answers.delete(id)
  }

  /** One answer for each member that has an address. */
  async checkAll(members: readonly Member[], signal: AbortSignal): Promise<Map<string, ProbeResult>> {
    const reachable = members.filter(({ address }) => address !== undefined)
    const results = await inParallel(reachable, this.#options.parallel, (member) =>
      this.#check(member, signal),
    )
    return new Map(reachable.map((member, index) => [member.id, results[index] ?? noAnswer]))
  }

  /**
   * Watches these starting members, and no others, until each answers.
   *
   * @param onReady - called once for each that answers
   */
  watch(members: readonly Member[], signal: AbortSignal, onReady: (id: string) => void): void {
    const starting = new Map(members.map((member) => [member.id, member]))
    for (const [id, stop] of this.#watched) if (!starting.has(id)) stop.abort()
    for (const member of starting.values()) {
      if (member.address === undefined || this.#watched.has(member.id)) continue
      const stop = new AbortController()
      this.#watched.set(member.id, stop)
      const either = AbortSignal.any([signal, stop.signal])
      void this.#untilReady(member, either, onReady).finally(() => this.#watched.delete(member.id))
    }
  }

  async #untilReady(member: Member, signal: AbortSignal, onReady: (id: string) => void): Promise<void> {
    const { clock } = this.#options
    try {
      for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 1.5)) {
        const result = await this.#check(member, signal)
        if (result.healthy) {
          onReady(member.id)
          return
        }
        await clock.sleep(waitMs, { signal })
      }
    } catch {
      // Only the signal ends it early.
    }
  }

  async #check(member: Member, signal: AbortSignal): Promise<ProbeResult> {
    const result = await this.#ask(member, signal)
    this.#answers.set(member.id, result)
    return result
  }

  async #ask(member: Member, signal: AbortSignal): Promise<ProbeResult> {
    const { probe, clock, timeoutMs } = this.#options
    const { address } = member
    if (address === undefined) return noAnswer
    const what = `probe ${member.name}`
    try {
      const check = (inner: AbortSignal): Promise<ProbeResult> =>
        probe.check({ instance: member, address }, { signal: inner })
      return await withDeadline(check, { clock, timeoutMs, what, signal })
    } catch (error) {
      signal.throwIfAborted()
      return { healthy: false, reason: messageOf(error) }
    }
  }
}

const noAnswer: ProbeResult = { healthy: false, reason: 'it has no address yet' }

/** The answers of all members that count as capacity. What the platform says of one counts as the answer of its probe. */
export async function probeMembers(
  prober: Prober | undefined,
  members: Iterable<Member>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const capacity = [...members].filter(isCapacity)
  const asked = capacity.filter((member) => impairment(member) === undefined)
  const results = (await prober?.checkAll(asked, signal)) ?? new Map<string, ProbeResult>()
  for (const member of capacity) {
    const reason = impairment(member)
    if (reason !== undefined) results.set(member.id, { healthy: false, reason })
  }
  return results
}

/** Whether the next answer of its probe decides about this member: it starts, or comes back into traffic. */
export function waitsForProbe(member: Member): boolean {
  if (brokenReason(member) !== undefined || impairment(member) !== undefined) return false
  return member.state === 'launching' || member.heldOut !== undefined
}
