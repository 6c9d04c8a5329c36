import type { BalancerCheck, CallOptions } from '@flotilla/core'
import { FlotillaError } from '@flotilla/core'
import type { ConfigShape } from '../config/config-shape.js'
import type { RenderedConfig } from '../config/nginx-config.js'
import { readWritten } from '../config/written-config.js'
import { NotRunning } from '../errors.js'
import type { FrontWitness } from '../front/witness.js'
import type { Look, NginxApi } from '../nginx-api.js'
import { faultIn } from './dump-check.js'

export interface FrontCheckOptions {
  readonly api: Pick<NginxApi, 'look' | 'test' | 'where' | 'configFile'>
  readonly witness: Pick<FrontWitness, 'look' | 'forget'>
  readonly shape: ConfigShape
}

/**
 * Looks whether clients get a configuration: whether our file holds it, and what is answered on the port. Where nobody can
 * ask there, the whole configuration is read, once for each set of workers: they have what was in the files when they
 * came.
 */
export class FrontCheck {
  readonly #options: FrontCheckOptions
  /** The configuration and workers for which the files were last found right. */
  #known = ''
  #life: string | undefined

  constructor(options: FrontCheckOptions) {
    this.#options = options
  }

  /** @throws FlotillaError `unavailable`, `timeout` and the like when it cannot be told */
  async look(expected: RenderedConfig, call: CallOptions): Promise<BalancerCheck> {
    const { api, witness } = this.#options
    let look: Look
    try {
      look = await api.look(call)
    } catch (error) {
      if (error instanceof NotRunning) return no(error.message)
      throw error
    }
    const wasReplaced = this.#life !== undefined && look.life !== this.#life
    if (wasReplaced) witness.forget()
    this.#life = look.life
    const fault = this.#faultOfFile(look.text, expected.text)
    if (fault !== undefined) return no(`${fault}${wasReplaced ? ': it was started again, or anew' : ''}`)
    const sighting = await witness.look(expected.generation, look.vantages, call)
    switch (sighting.kind) {
      case 'served':
        return yes
      case 'missing':
        return no(`${api.where}: ${sighting.reason}`)
      case 'unclear':
        throw new FlotillaError('unavailable', `check ${api.where}: ${sighting.reason}`)
      case 'unseen':
        return this.#lookAtFiles(expected, look, call)
    }
  }

  #faultOfFile(found: string | undefined, expected: string): string | undefined {
    const { api, shape } = this.#options
    if (found === expected) return undefined
    const file = `${api.configFile} of ${api.where}`
    if (found === undefined) return `${file} is gone`
    return readWritten(found, shape.upstream).kind === 'ours'
      ? `${file} was changed by somebody else`
      : `${file} was replaced by one that Flotilla did not write`
  }

  async #lookAtFiles(
    { text, generation }: RenderedConfig,
    look: Look,
    call: CallOptions,
  ): Promise<BalancerCheck> {
    const { api, shape } = this.#options
    const serving = look.workers?.filter(({ isLeaving }) => !isLeaving).map(({ id }) => id)
    const seen = `${generation} ${look.life} ${serving?.toSorted().join(' ')}`
    if (seen === this.#known) return yes
    const { isAccepted, dump } = await api.test(call)
    // A configuration that is refused is not loaded: what was before goes on.
    const fault =
      isAccepted && dump !== undefined
        ? faultIn(dump, text, { shape, configFile: api.configFile })
        : undefined
    if (fault !== undefined) return no(`${api.where}: ${fault}`)
    this.#known = seen
    return yes
  }
}

const yes: BalancerCheck = { serves: true }
const no = (reason: string): BalancerCheck => ({ serves: false, reason })
