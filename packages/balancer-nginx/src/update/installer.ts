import { FlotillaError, type CallOptions, type Clock } from '@flotilla/core'
import { messageOf, toFlotillaError } from '@flotilla/core/authoring'
import type { ConfigShape } from '../config/config-shape.js'
import type { RenderedConfig } from '../config/nginx-config.js'
import { readWritten } from '../config/written-config.js'
import { ConfigRefused } from '../errors.js'
import type { FrontWitness } from '../front/witness.js'
import type { Look, NginxApi, NginxWorker, TestVerdict } from '../nginx-api.js'
import { graveWords } from '../words.js'
import { faultIn } from './dump-check.js'
import { notYetInForce, type Reload } from './in-force.js'
import { refuseStandstill } from './standstill.js'

export interface InstallerOptions {
  readonly api: NginxApi
  readonly witness: Pick<FrontWitness, 'look'>
  readonly shape: ConfigShape
  readonly clock: Clock
  /** How long a reload may take to come into force. */
  readonly reloadMs: number
  /** Time between two looks whether it has: at first, and at most. */
  readonly pollMs: readonly [first: number, most: number]
  /** Where nothing can be seen, a reload counts as in force after this. */
  readonly blindMs: number
  /** Takes the whole configuration whenever it was read. */
  readonly onDump: (dump: string) => void
}

/** What was there when Nginx was told of a configuration that then came into force. */
export interface Installed {
  /** Undefined where workers cannot be seen. */
  readonly before: readonly NginxWorker[] | undefined
  /** By the clock that never jumps. */
  readonly toldAtMs: number
  /** Those of them that were there when they were last looked at, and when that was. */
  readonly left: { readonly ids: ReadonlySet<string>; readonly seenAtMs: number } | undefined
}

export interface Install {
  readonly config: RenderedConfig
  /** What was seen just before. */
  readonly look: Look
  /** Called when what is in force is in doubt from then on. */
  readonly onDoubt: () => void
}

type ErrorsSince = ((call: CallOptions) => Promise<string>) | undefined

/**
 * Puts a configuration in force: write, test, reload, see that clients get it. What fails on the way leaves the file as it
 * was, so that neither the running Nginx nor its next start meets a bad one.
 */
export class Installer {
  readonly #options: InstallerOptions

  constructor(options: InstallerOptions) {
    this.#options = options
  }

  /** @throws ConfigRefused when Nginx would not have it; it is as it was then. Another FlotillaError for all else */
  async install({ config, look, onDoubt }: Install, call: CallOptions): Promise<Installed> {
    const { api, shape, onDump } = this.#options
    const { text, generation } = config
    const previous = look.text
    refuseStandstill(api, look)
    // As it is after a controller died between writing and reloading.
    const isWritten = previous === text
    let wasTold = false
    try {
      const { isAccepted, output, dump, workers } = isWritten
        ? await api.test(call)
        : await this.#put(text, call)
      if (!isAccepted) throw new ConfigRefused(`configure ${api.where}`, output, api.configFile)
      if (dump !== undefined) {
        onDump(dump)
        const fault = faultIn(dump, text, { shape, configFile: api.configFile })
        if (fault !== undefined) throw new FlotillaError('unavailable', `configure ${api.where}: ${fault}`)
      }
      const before = workers ?? (await api.workers?.([], call))
      const errorsSince = await api.watchErrors?.(call)
      const toldAtMs = this.#options.clock.monotonic()
      wasTold = true
      onDoubt()
      await api.reload(call)
      let left: Installed['left']
      const onWorkers = (seen: readonly NginxWorker[]): void => {
        left = { ids: new Set(seen.map(({ id }) => id)), seenAtMs: this.#options.clock.monotonic() }
      }
      await this.#untilInForce({ generation, before, vantages: look.vantages, onWorkers }, errorsSince, call)
      return { before, toldAtMs, left }
    } catch (error) {
      if (!isWritten) await this.#restore({ previous, wasTold, cause: error, onDoubt }, call)
      throw error
    }
  }

  /**
   * Our file and the processes.
   *
   * @throws FlotillaError `conflict` when the file is somebody else's; NotRunning
   */
  async look(call: CallOptions): Promise<Look> {
    const { api, shape } = this.#options
    const look = await api.look(call)
    const found = readWritten(look.text, shape.upstream)
    if (found.kind !== 'foreign') return look
    const message = `configure ${api.where}: ${api.configFile} is not replaced: ${found.reason}; move it away`
    throw new FlotillaError('conflict', message)
  }

  async #put(text: string, call: CallOptions): Promise<TestVerdict> {
    const { api } = this.#options
    if (api.put !== undefined) return api.put(text, call)
    await api.write(text, call)
    return api.test(call)
  }

  async #untilInForce(reload: Reload, errorsSince: ErrorsSince, call: CallOptions): Promise<void> {
    const { api, witness, clock, reloadMs, pollMs, blindMs } = this.#options
    const { signal } = call
    const endMs = clock.monotonic() + reloadMs
    let [delayMs] = pollMs
    for (;;) {
      const found = await notYetInForce({ api, witness }, reload, call)
      if (found === undefined) return undefined
      if (found.kind === 'unseen') return clock.sleep(blindMs, { signal })
      const leftMs = endMs - clock.monotonic()
      if (leftMs <= 0) throw await this.#notInForce(found.reason, errorsSince, call)
      await clock.sleep(Math.min(delayMs, leftMs), { signal })
      delayMs = Math.min(delayMs * 1.5, pollMs[1])
    }
  }

  async #notInForce(reason: string, errorsSince: ErrorsSince, call: CallOptions): Promise<FlotillaError> {
    const { api, reloadMs } = this.#options
    const log = await errorsSince?.(call).catch(() => '')
    const words = graveWords(log ?? '')
    const message = `reload ${api.where}: not in force after ${reloadMs} ms: ${words ?? reason}`
    return new FlotillaError(words === undefined ? 'timeout' : 'unavailable', message)
  }

  async #restore(
    {
      previous,
      wasTold,
      cause,
      onDoubt,
    }: {
      readonly previous: string | undefined
      readonly wasTold: boolean
      readonly cause: unknown
      readonly onDoubt: () => void
    },
    call: CallOptions,
  ): Promise<void> {
    const { api } = this.#options
    try {
      if (previous === undefined) await api.remove(call)
      else await api.write(previous, call)
    } catch (error) {
      onDoubt()
      const { code, message } = toFlotillaError(cause, `configure ${api.where}`)
      const also = `${message}; and ${api.configFile} could not be put back: ${messageOf(error)}`
      throw new FlotillaError(code, also, { cause })
    }
    // It may be late rather than refused: what it loads in the end must be what the file holds. That it was not told at
    // all is what went wrong already.
    if (wasTold) await api.reload(call).catch(() => {})
  }
}
