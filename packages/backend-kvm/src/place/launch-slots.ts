import { untilAborted } from '@flotilla/core/authoring'

interface Waiting {
  readonly limit: number
  readonly enter: () => void
}

/** Launches at one time on one hypervisor; the others wait in line. The limit is each caller's own. */
export class LaunchSlots {
  #taken = 0
  readonly #line: Waiting[] = []

  get taken(): number {
    return this.#taken
  }

  async run<T>(limit: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(limit, signal)
    try {
      return await work()
    } finally {
      this.#taken -= 1
      this.#letIn()
    }
  }

  async #enter(limit: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#taken < limit && this.#line.length === 0) {
      this.#taken += 1
      return
    }
    const { promise, resolve } = withResolvers()
    const waiting: Waiting = { limit, enter: resolve }
    this.#line.push(waiting)
    try {
      await untilAborted(async () => promise, signal)
    } catch (error) {
      const index = this.#line.indexOf(waiting)
      if (index >= 0) this.#line.splice(index, 1)
      // The place came together with the abort.
      else this.#taken -= 1
      this.#letIn()
      throw error
    }
  }

  #letIn(): void {
    for (let next = this.#line[0]; next !== undefined && this.#taken < next.limit; next = this.#line[0]) {
      this.#line.shift()
      this.#taken += 1
      next.enter()
    }
  }
}

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((settle) => (resolve = settle))
  return { promise, resolve }
}
