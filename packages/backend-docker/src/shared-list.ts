import { untilAborted, type Clock } from '@flotilla/core'
import type { ContainerSummary } from './docker-api.js'
import { labels } from './labels.js'

type ByGroup = ReadonlyMap<string, readonly ContainerSummary[]>

interface Look {
  /** On the clock's monotonic time. */
  readonly startedMs: number
  readonly found: Promise<ByGroup>
  readonly ending: AbortController
  isPending: boolean
  waitingCount: number
}

export interface SharedListOptions {
  /** Asks the engine for the containers of every group. */
  readonly fetch: (signal: AbortSignal) => Promise<readonly ContainerSummary[]>
  readonly clock: Clock
  /** How old an answer may be, counted from its question, and still be given again. */
  readonly maxAgeMs: number
}

/**
 * The containers of all groups on one engine, from one call for all who ask at about the same time: the number of calls
 * does not grow with the number of groups. What this program itself does, and what the engine tells as it happens, makes
 * the next question a new call.
 */
export class SharedList {
  readonly #options: SharedListOptions
  #look: Look | undefined

  constructor(options: SharedListOptions) {
    this.#options = options
  }

  /** Something has changed: what was asked before now is not given to those who ask from now on. */
  invalidate(): void {
    this.#look = undefined
  }

  /** The containers that carry this group's label, of every scope. */
  async of(group: string, signal: AbortSignal): Promise<readonly ContainerSummary[]> {
    const look = this.#current()
    look.waitingCount += 1
    try {
      const byGroup = await untilAborted(async () => look.found, signal)
      return byGroup.get(group) ?? []
    } finally {
      look.waitingCount -= 1
      // A call that nobody waits for any more may be one that never answers.
      if (look.isPending && look.waitingCount === 0) this.#drop(look)
    }
  }

  #current(): Look {
    const { clock, maxAgeMs } = this.#options
    const last = this.#look
    if (last !== undefined && (last.isPending || clock.monotonic() - last.startedMs <= maxAgeMs)) return last
    const ending = new AbortController()
    const startedMs = clock.monotonic()
    const look: Look = {
      startedMs,
      found: this.#fetch(ending.signal),
      ending,
      isPending: true,
      waitingCount: 0,
    }
    this.#look = look
    void this.#settle(look)
    return look
  }

  async #settle(look: Look): Promise<void> {
    try {
      await look.found
      look.isPending = false
    } catch {
      // A failure is told to those who waited for it, and to nobody else.
      this.#drop(look)
    }
  }

  #drop(look: Look): void {
    look.isPending = false
    look.ending.abort()
    if (this.#look === look) this.#look = undefined
  }

  async #fetch(signal: AbortSignal): Promise<ByGroup> {
    const byGroup = new Map<string, ContainerSummary[]>()
    for (const container of await this.#options.fetch(signal)) {
      const group = container.Labels?.[labels.group]
      if (group === undefined) continue
      const others = byGroup.get(group)
      if (others === undefined) byGroup.set(group, [container])
      else others.push(container)
    }
    return byGroup
  }
}
