import { FlotillaError, type CallOptions } from '@flotilla/core'
import { SharedAnswer } from '@flotilla/core/authoring'
import type { ComputeLimits, Flavor } from '@flotilla/openstack-client'
import type { Asking } from '../connection/asking.js'

const sizes = ['instances', 'cores', 'ramMib'] as const

type Size = Readonly<Record<(typeof sizes)[number], number>>

/** What one launch takes of what is left, beside what Nova counts. */
export interface Claim {
  /** The launch has come to its end, one way or the other: the next look at the limits tells. */
  settle(): void
}

/** What the project may still have: a launch that would break the quota is refused before it is asked for. */
export class Headroom {
  readonly #limits: SharedAnswer<ComputeLimits | undefined>
  /** Of launches that the limits last read may not count yet. */
  #claims: { readonly size: Size; isSettled: boolean }[] = []

  constructor(connection: Asking, maxAgeMs: number) {
    const { clock } = connection
    this.#limits = new SharedAnswer<ComputeLimits | undefined>({
      clock,
      maxAgeMs,
      fetch: async (signal) => {
        // What settles while they are read may be counted twice until the next look; what is under way now, likewise.
        this.#claims = this.#claims.filter(({ isSettled }) => !isSettled)
        try {
          return await connection.ask({ what: 'read limits', signal }, async (client, call) =>
            client.compute.limits(call),
          )
        } catch (error) {
          signal.throwIfAborted()
          // Who cannot read the limits asks Nova itself.
          if (error instanceof FlotillaError) return undefined
          throw error
        }
      },
    })
  }

  /**
   * Takes one server of this size off what is left. Of several that are asked for at once, Nova takes on more than the
   * quota allows and then fails all of them, so that what is under way counts here from the start.
   *
   * @throws FlotillaError `quota-exceeded`, naming what would be broken
   */
  async take(what: string, { name, vcpuCount, ramMib }: Flavor, { signal }: CallOptions): Promise<Claim> {
    const limits = await this.#limits.get(signal)
    const size: Size = { instances: 1, cores: vcpuCount, ramMib }
    if (limits !== undefined) this.#check({ what, name, size, limits })
    const claim = { size, isSettled: false }
    this.#claims.push(claim)
    return { settle: () => void (claim.isSettled = true) }
  }

  #check({ what, name, size, limits }: Wanted): void {
    for (const key of sizes) {
      const { limit, used } = limits[key]
      const claimed = this.#claims.reduce((sum, claim) => sum + claim.size[key], 0)
      const would = used + claimed + size[key]
      if (would <= limit) continue
      const words = key === 'ramMib' ? 'MiB of memory' : key
      const text = `${what}: a ${name} would make it ${would} of ${limit} ${words} of the project's quota; not asked for`
      throw new FlotillaError('quota-exceeded', text)
    }
  }

  /** Something was ended, or refused: what is left is not known any more. */
  invalidate(): void {
    this.#limits.invalidate()
  }

  /** The limits, at most as old as is allowed; undefined when they cannot be read. */
  async limits(signal: AbortSignal): Promise<ComputeLimits | undefined> {
    return this.#limits.get(signal)
  }
}

interface Wanted {
  readonly what: string
  /** The flavor's. */
  readonly name: string
  readonly size: Size
  readonly limits: ComputeLimits
}
