import { FlotillaError, type CallOptions } from '@flotilla/core'
import { SharedAnswer } from '@flotilla/core/authoring'
import type { ComputeLimits, Flavor } from '@flotilla/openstack-client'
import type { Asking } from '../connection/asking.js'

const sizes = ['instances', 'cores', 'ramMib'] as const

type Size = Readonly<Record<(typeof sizes)[number], number>>

/** The share of the quota that one launch takes before Nova counts it. */
export interface Claim {
  /** Call it when the launch has ended, well or not. The next look at the limits counts its server. */
  settle(): void
}

/** What is left of the project's quota. A launch that would exceed it is refused without asking Nova. */
export class Headroom {
  readonly #limits: SharedAnswer<ComputeLimits | undefined>
  /** Claims of launches that the limits last read may not count yet. */
  #claims: { readonly size: Size; isSettled: boolean }[] = []

  constructor(connection: Asking, maxAgeMs: number) {
    const { clock } = connection
    this.#limits = new SharedAnswer<ComputeLimits | undefined>({
      clock,
      maxAgeMs,
      fetch: async (signal) => {
        // A launch that is under way or ends during this read may be counted twice until the next one.
        this.#claims = this.#claims.filter(({ isSettled }) => !isSettled)
        try {
          return await connection.ask({ what: 'read limits', signal }, async (client, call) =>
            client.compute.limits(call),
          )
        } catch (error) {
          signal.throwIfAborted()
          // Without the limits, Nova itself refuses.
          if (error instanceof FlotillaError) return undefined
          throw error
        }
      },
    })
  }

  /**
   * Takes one server of this size off what is left. Nova accepts more servers at once than the quota allows and then fails
   * all of them, so launches under way count here from their start.
   *
   * @throws FlotillaError `quota-exceeded` with the exceeded quota
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

  /** Call it after a termination or a refusal: the limits are read anew. */
  invalidate(): void {
    this.#limits.invalidate()
  }

  /** The limits, at most `limitsMaxAgeMs` old; undefined when they cannot be read. */
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
