import type { InstanceChange } from '@flotilla/core'

/** Hears of a change at once. */
export type ChangeListener = (group: string, change: InstanceChange) => void

/** Passes on what this controller does and sees itself: the exits of its own children first of all. */
export class ChangeFeed {
  readonly #listeners = new Set<ChangeListener>()

  emit(group: string, change: InstanceChange): void {
    for (const listener of this.#listeners) listener(group, change)
  }

  /** @returns stops listening */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }
}
