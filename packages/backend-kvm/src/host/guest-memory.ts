import type { DomainRef } from '@flotilla/libvirt'
import type { Link } from '../connection/link.js'

/** A reading of one machine's memory; undefined bytes when libvirt tells none. */
export interface MemorySample {
  readonly bytes: number | undefined
  readonly atMs: number
  readonly at: number
}

const kib = 1024

/** Memory in use by the machines of one hypervisor. A reading is shared by all groups, and kept for some seconds: each costs a round trip to QEMU. */
export class GuestMemory {
  readonly #link: Link
  readonly #memory = new Map<string, MemorySample>()

  constructor(link: Link) {
    this.#link = link
  }

  /** Memory of these machines, none of it older than that. One whose QEMU does not answer is left out. */
  async read(
    refs: readonly DomainRef[],
    maxAgeMs: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, MemorySample>> {
    const { clock } = this.#link
    const nowMs = clock.monotonic()
    const due = refs.filter(({ uuid }) => {
      const last = this.#memory.get(uuid)
      return last === undefined || nowMs - last.atMs >= maxAgeMs
    })
    if (due.length > 0) {
      await this.#link.ask({ what: 'read memory figures', signal }, async (hypervisor, call) => {
        await Promise.all(
          due.map(async (ref) => {
            const stats = await hypervisor.domainMemoryStats(ref, call).catch(() => undefined)
            call.signal.throwIfAborted()
            if (stats === undefined) this.#memory.delete(ref.uuid)
            else {
              const bytes = usedBytes(stats)
              this.#memory.set(ref.uuid, { bytes, atMs: clock.monotonic(), at: clock.now() })
            }
          }),
        )
      })
    }
    for (const [uuid, { atMs }] of this.#memory) if (nowMs - atMs > forgottenMs) this.#memory.delete(uuid)
    return this.#memory
  }
}

const forgottenMs = 3_600_000

/**
 * Memory that the guest has in use, by its balloon driver's own figures; where it has none, what its QEMU holds of the
 * host's. Undefined when libvirt tells neither.
 */
export function usedBytes(stats: Readonly<Record<string, bigint>>): number | undefined {
  const { available, usable, unused, rss } = stats
  const free = usable ?? unused
  if (available !== undefined && free !== undefined && available >= free)
    return Number(available - free) * kib
  return rss === undefined ? undefined : Number(rss) * kib
}
