import { FlotillaError, messageOf, toFlotillaError, type CallOptions, type Clock } from '@flotilla/core'
import type { RenderedConfig } from '../config/nginx-config.js'
import { readWritten } from '../config/written-config.js'
import { ConfigRefused } from '../errors.js'
import type { NginxApi, NginxWorker } from '../nginx-api.js'
import { graveWords } from '../words.js'
import { notYetInForce, type Reload, type Sight } from './in-force.js'

export interface InstallerOptions extends Sight {
  readonly api: NginxApi
  readonly upstream: string
  readonly clock: Clock
  /** How long a reload may take to come into force. */
  readonly reloadMs: number
  /** Time between two looks whether it has: at first, and at most. */
  readonly pollMs: readonly [first: number, most: number]
  /** Where nothing can be seen, a reload counts as in force after this. */
  readonly blindMs: number
  /** Run once, beside the first reload that Nginx takes; whether it fails is nobody's concern. */
  readonly onFirstReload: (call: CallOptions) => Promise<void>
}

/** What was there when Nginx was told of a configuration that then came into force. */
export interface Installed {
  /** Undefined where workers cannot be seen. */
  readonly before: readonly NginxWorker[] | undefined
  /** By the clock that never jumps. */
  readonly toldAtMs: number
}

/**
 * Puts a configuration in force: write, test, reload, see that it is so. What fails on the way leaves the file as it was,
 * so that neither the running Nginx nor its next start meets a bad one.
 */
export class Installer {
  readonly #options: InstallerOptions
  #hasReloaded = false

  constructor(options: InstallerOptions) {
    this.#options = options
  }

  /** @throws ConfigRefused when Nginx would not have it; it is as it was then. Another FlotillaError for all else */
  async install({ text, generation }: RenderedConfig, call: CallOptions): Promise<Installed> {
    const { api } = this.#options
    const previous = await this.readOwn(call)
    // As it is after a controller died between writing and reloading.
    const isWritten = previous === text
    let wasTold = false
    try {
      if (!isWritten) await api.write(text, call)
      const verdict = await api.test(call)
      if (!verdict.isAccepted) {
        throw new ConfigRefused(`configure ${api.where}`, verdict.output, api.configFile)
      }
      const before = await api.workers?.(call)
      const errorsSince = await api.watchErrors?.(call)
      const toldAtMs = this.#options.clock.monotonic()
      wasTold = true
      await api.reload(call)
      const aside = this.#hasReloaded ? undefined : this.#options.onFirstReload(call).catch(() => {})
      await this.#untilInForce({ generation, before }, errorsSince, call)
      await aside
      this.#hasReloaded = true
      return { before, toldAtMs }
    } catch (error) {
      if (!isWritten) await this.#restore(previous, wasTold, error, call)
      throw error
    }
  }

  /**
   * What our file holds.
   *
   * @throws FlotillaError `conflict` when it is somebody else's
   */
  async readOwn(call: CallOptions): Promise<string | undefined> {
    const { api, upstream } = this.#options
    const text = await api.read(call)
    const found = readWritten(text, upstream)
    if (found.kind !== 'foreign') return text
    const message = `configure ${api.where}: ${api.configFile} is not replaced: ${found.reason}; move it away`
    throw new FlotillaError('conflict', message)
  }

  async #untilInForce(
    reload: Reload,
    errorsSince: ((call: CallOptions) => Promise<string>) | undefined,
    call: CallOptions,
  ): Promise<void> {
    const { api, page, clock, reloadMs, pollMs, blindMs } = this.#options
    const { signal } = call
    if (page === undefined && reload.before === undefined) return clock.sleep(blindMs, { signal })
    const endMs = clock.monotonic() + reloadMs
    let [delayMs] = pollMs
    for (;;) {
      const reason = await notYetInForce({ api, page }, reload, call)
      if (reason === undefined) return undefined
      const leftMs = endMs - clock.monotonic()
      if (leftMs <= 0) throw await this.#notInForce(reason, errorsSince, call)
      await clock.sleep(Math.min(delayMs, leftMs), { signal })
      delayMs = Math.min(delayMs * 1.5, pollMs[1])
    }
  }

  async #notInForce(
    reason: string,
    errorsSince: ((call: CallOptions) => Promise<string>) | undefined,
    call: CallOptions,
  ): Promise<FlotillaError> {
    const { api, reloadMs } = this.#options
    const log = await errorsSince?.(call).catch(() => '')
    const words = graveWords(log ?? '')
    const message = `reload ${api.where}: not in force after ${reloadMs} ms: ${words ?? reason}`
    return new FlotillaError(words === undefined ? 'timeout' : 'unavailable', message)
  }

  async #restore(
    previous: string | undefined,
    wasTold: boolean,
    cause: unknown,
    call: CallOptions,
  ): Promise<void> {
    const { api } = this.#options
    try {
      if (previous === undefined) await api.remove(call)
      else await api.write(previous, call)
    } catch (error) {
      const { code, message } = toFlotillaError(cause, `configure ${api.where}`)
      const also = `${message}; and ${api.configFile} could not be put back: ${messageOf(error)}`
      throw new FlotillaError(code, also, { cause })
    }
    // It may be late rather than refused: what it loads in the end must be what the file holds. That it was not told at
    // all is what went wrong already.
    if (wasTold) await api.reload(call).catch(() => {})
  }
}
