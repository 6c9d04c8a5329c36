// #region begin
import {
  systemClock,
  type BalancerCheck,
  type BalancerMember,
  type CallOptions,
  type LoadBalancer,
  type SyncReport,
} from '@flotilla/core'
import {
  check,
  checkMembers,
  checkOptions,
  KeyedQueue,
  wholeWeights,
  type CheckedMember,
} from '@flotilla/core/authoring'
import * as v from 'valibot'
import { runtimeAt, type Ask } from './runtime.js'
import { addressOf, nameOf, serversOf } from './servers.js'

export interface HaproxyOptions {
  /** The `stats socket` of haproxy.cfg, of level admin. */
  readonly socket: string
  /** A backend of haproxy.cfg without servers of its own; default `members`. */
  readonly backend?: string | undefined
  /** How long requests in flight to a removed member may go on, milliseconds; default 30,000. */
  readonly drainMs?: number | undefined
  /** Bound of each command, milliseconds; default 5,000. */
  readonly timeoutMs?: number | undefined
}

const name = 'letters, digits and _.:-'
const schema = v.strictObject({
  socket: check.text(),
  backend: v.optional(v.pipe(v.string(name), v.regex(/^[\w.:-]+$/, name)), 'members'),
  drainMs: v.optional(check.milliseconds(), 30_000),
  timeoutMs: v.optional(check.milliseconds(1), 5000),
})

/** Checked, as they become part of a command, and with weights as HAProxy takes them. */
function wholeMembers(given: readonly BalancerMember[]): readonly CheckedMember[] {
  const members = checkMembers(given)
  const weights = wholeWeights(
    members.map(({ weight }) => weight),
    { largest: 256 },
  )
  return members.map((member, index) => ({ ...member, weight: weights[index] ?? 1 }))
}

/** What becomes of a server that was removed. */
interface Drain {
  readonly id: string
  end: 'draining' | 'cutting' | 'drained' | 'cut' | 'readmitted'
}

/** Sends the requests of a HAProxy on this host to the group's members, over its runtime API. */
export function haproxy(options: HaproxyOptions): LoadBalancer {
  return new HaproxyBalancer(options)
}

export class HaproxyBalancer implements LoadBalancer {
  readonly name = 'haproxy'
  readonly #backend: string
  readonly #drainMs: number
  readonly #ask: Ask
  readonly #queue = new KeyedQueue()
  /** Of the servers that are on their way out, by id: those that two calls removed have one in common. */
  readonly #drains = new Map<string, Drain>()
  /** What the last `sync` that took effect had set; undefined before the first. */
  #wanted: readonly BalancerMember[] | undefined

  constructor(options: HaproxyOptions, wrap: (ask: Ask) => Ask = (ask) => ask) {
    const { socket, backend, drainMs, timeoutMs } = checkOptions('haproxy', schema, options)
    this.#backend = backend
    this.#drainMs = drainMs
    this.#ask = wrap(runtimeAt(socket, timeoutMs))
  }
  // #endregion

  // #region sync
  async sync(members: readonly BalancerMember[], { signal }: CallOptions): Promise<SyncReport> {
    const whole = wholeMembers(members)
    const removed = await this.#queue.run('change', signal, async () => this.#change(whole, signal))
    const drains = await Promise.all(removed.map(async (drain) => this.#drain(drain, signal)))
    const ending = (wanted: Drain['end']) => drains.filter(({ end }) => end === wanted).map(({ id }) => id)
    return { drained: ending('drained'), cut: ending('cut'), readmitted: ending('readmitted') }
  }

  /** @returns those that take no new requests any more */
  async #change(members: readonly CheckedMember[], signal: AbortSignal): Promise<readonly Drain[]> {
    const present = await serversOf(this.#ask, this.#backend, signal)
    const found = new Map(present.map((server) => [server.id, server]))
    const isMember = new Set(members.map(({ id }) => id))
    const removed = present.filter(({ id }) => !isMember.has(id))
    const added = members.filter(({ id }) => !found.has(id))
    const moved = members.filter((one) => found.has(one.id) && found.get(one.id)?.address !== addressOf(one))
    const returning = members.filter(({ id }) => found.get(id)?.isUp !== true)
    // A new server takes no request until it is enabled: up to there nothing has changed for anybody.
    await this.#add(added, signal)
    const changes = [
      ...moved.map(({ id, host, port }) => `set server ${this.#server(id)} addr ${host} port ${port}`),
      ...members.flatMap(({ id, weight }) =>
        (found.get(id)?.weight ?? 1) === weight ? [] : [`set server ${this.#server(id)} weight ${weight}`],
      ),
      ...returning.map(({ id }) => `set server ${this.#server(id)} state ready`),
      ...removed.filter(({ isUp }) => isUp).map(({ id }) => `set server ${this.#server(id)} state drain`),
    ]
    if (changes.length > 0) await this.#ask(changes.join('; '), signal)
    this.#wanted = members
    for (const { id } of members) this.#readmit(id)
    return removed.map(({ id }) => this.#drainOf(id))
  }

  #readmit(id: string): void {
    const drain = this.#drains.get(id)
    if (drain !== undefined) drain.end = 'readmitted'
    this.#drains.delete(id)
  }

  #drainOf(id: string): Drain {
    const drain = this.#drains.get(id) ?? { id, end: 'draining' }
    this.#drains.set(id, drain)
    return drain
  }

  async #add(members: readonly BalancerMember[], signal: AbortSignal): Promise<void> {
    const done: string[] = []
    try {
      for (const member of members) {
        await this.#ask(`add server ${this.#server(member.id)} ${addressOf(member)}`, signal)
        done.push(member.id)
      }
    } catch (error) {
      // The set before stays in force: also without those that were added in vain.
      for (const id of done) await this.#ask(`del server ${this.#server(id)}`, new AbortController().signal)
      throw error
    }
  }
  // #endregion

  // #region drain
  async #drain(drain: Drain, signal: AbortSignal): Promise<Drain> {
    const endMs = systemClock.monotonic() + this.#drainMs
    while (drain.end === 'draining' || drain.end === 'cutting') {
      const isLate = systemClock.monotonic() >= endMs
      // In line with the changes: one of them may just bring it back.
      await this.#queue.run('change', signal, async () => this.#drainOn(drain, isLate, signal))
      await systemClock.sleep(20, { signal })
    }
    return drain
  }

  async #drainOn(drain: Drain, isLate: boolean, signal: AbortSignal): Promise<void> {
    if (drain.end !== 'draining' && drain.end !== 'cutting') return
    const server = this.#server(drain.id)
    const found = (await serversOf(this.#ask, this.#backend, signal)).find(({ id }) => id === drain.id)
    if (found === undefined || found.inFlight === 0) {
      if (found !== undefined)
        await this.#ask(`set server ${server} state maint; del server ${server}`, signal)
      drain.end = drain.end === 'cutting' ? 'cut' : 'drained'
      this.#drains.delete(drain.id)
    } else if (isLate) {
      await this.#ask(`set server ${server} state maint; shutdown sessions server ${server}`, signal)
      drain.end = 'cutting'
    }
  }
  // #endregion

  // #region check
  async check({ signal }: CallOptions): Promise<BalancerCheck> {
    const wanted = this.#wanted
    const servers = await serversOf(this.#ask, this.#backend, signal)
    if (wanted === undefined) return { serves: true }
    const serving = servers.filter(({ isUp }) => isUp).map(({ id, address }) => `${id} at ${address}`)
    const expected = wanted.map((member) => `${member.id} at ${addressOf(member)}`)
    const missing = expected.filter((one) => !serving.includes(one))
    const strange = serving.filter((one) => !expected.includes(one))
    if (missing.length === 0 && strange.length === 0) return { serves: true }
    const reason = `HAProxy was restarted or edited: it lacks ${missing.join(', ') || 'nobody'}, and has ${strange.join(', ') || 'nobody else'}`
    return { serves: false, reason }
  }
  // #endregion

  // #region close
  /** Nothing is held open; HAProxy goes on as it is. */
  async close(): Promise<void> {}

  #server(id: string): string {
    return `${this.#backend}/${nameOf(id)}`
  }
}
// #endregion
