import type { InstanceChange } from '../../backend.js'

/** Of so many instances what was told last is remembered. */
const mostTold = 1000

/** What a backend told of each instance as it happened: it may be all that is ever known of its end. */
export class ToldChanges {
  readonly #told = new Map<string, string>()

  hear({ instanceId, what }: InstanceChange): void {
    if (instanceId === undefined) return
    this.#told.delete(instanceId)
    this.#told.set(instanceId, what)
    const [oldest] = this.#told.keys()
    if (this.#told.size > mostTold && oldest !== undefined) this.#told.delete(oldest)
  }

  /** What was told last of this instance. */
  of(instanceId: string): string | undefined {
    return this.#told.get(instanceId)
  }
}
