import { FlotillaError } from '@flotilla/core'
import type { ContainerFacts } from './container-facts.js'
import { type ImageDetails, labels } from '@flotilla/docker-engine'
import { containerName, type Label } from '../labels.js'

/**
 * - `own`: the labels were given to this very container
 * - `copy`: they came with its image, which `docker commit` made of an instance
 * - `unknown`: the image could not be asked
 */
export type Origin = 'own' | 'copy' | 'unknown'

type AskImage = (id: string, signal: AbortSignal) => Promise<ImageDetails>

/**
 * Tells an instance that somebody renamed from a container of somebody's that carries an instance's labels: what is made from
 * an image has the image's labels, and a committed image those of its container, the token included. Only one that does not
 * have the name of its token is in question. The answer of a container never changes.
 */
export class Copies {
  readonly #ask: AskImage
  readonly #known = new Map<string, Origin>()

  constructor(ask: AskImage) {
    this.#ask = ask
  }

  async originOf({ id, name, imageId }: ContainerFacts, label: Label, signal: AbortSignal): Promise<Origin> {
    if (name === containerName(label.group, label.token)) return 'own'
    const known = this.#known.get(id)
    if (known !== undefined) return known
    try {
      const image = await this.#ask(imageId, signal)
      const origin = image.Config?.Labels?.[labels.token] === label.token ? 'copy' : 'own'
      this.#known.set(id, origin)
      return origin
    } catch (error) {
      const isRefusal =
        error instanceof FlotillaError && (error.code === 'permission-denied' || error.code === 'not-found')
      if (!isRefusal) throw error
      return 'unknown'
    }
  }

  /** Forgets what is not among these ids. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id)
  }
}
