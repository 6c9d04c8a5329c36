import { FlotillaError, type CallOptions, SharedAnswer } from '@flotilla/core'
import type { ComputeLimits, Flavor } from '@flotilla/openstack-client'
import type { Connection } from './connection.js'

interface Taken {
  instances: number
  cores: number
  ramMib: number
}

interface Budget {
  readonly limits: ComputeLimits
  /** What was asked for since the limits were read. */
  readonly taken: Taken
}

/** What the project may still have: a launch that would break the quota is refused before it is asked for. */
export class Headroom {
  readonly #answer: SharedAnswer<Budget | undefined>

  constructor(connection: Connection, maxAgeMs: number) {
    const { clock } = connection
    this.#answer = new SharedAnswer<Budget | undefined>({
      clock,
      maxAgeMs,
      fetch: async (signal) => {
        try {
          const limits = await connection.ask({ what: 'read limits', signal }, async (client, call) =>
            client.compute.limits(call),
          )
          return { limits, taken: { instances: 0, cores: 0, ramMib: 0 } }
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
   * Takes one server of this size off what is left.
   *
   * @throws FlotillaError `quota-exceeded`, naming what would be broken
   */
  async take(what: string, { name, vcpuCount, ramMib }: Flavor, { signal }: CallOptions): Promise<void> {
    const budget = await this.#answer.get(signal)
    if (budget === undefined) return
    const { limits, taken } = budget
    const wanted = { instances: 1, cores: vcpuCount, ramMib }
    for (const key of ['instances', 'cores', 'ramMib'] as const) {
      const { limit, used } = limits[key]
      const would = used + taken[key] + wanted[key]
      if (would <= limit) continue
      const words = key === 'ramMib' ? 'MiB of memory' : key
      const text = `${what}: a ${name} would make it ${would} of ${limit} ${words} of the project; not asked for`
      throw new FlotillaError('quota-exceeded', text)
    }
    for (const key of ['instances', 'cores', 'ramMib'] as const) taken[key] += wanted[key]
  }

  /** Something was ended, or refused: what is left is not known any more. */
  invalidate(): void {
    this.#answer.invalidate()
  }

  /** The limits, at most as old as is allowed; undefined when they cannot be read. */
  async limits(signal: AbortSignal): Promise<ComputeLimits | undefined> {
    return (await this.#answer.get(signal))?.limits
  }
}
