import type { Instance } from '@flotilla/core'

/**
 * Launches whose caller gave up, and that went on: a server that comes of one is told by the next list. A group that ends
 * before that would leave it behind.
 */
export class AbandonedLaunches {
  readonly #underWay = new Map<string, Set<Promise<void>>>()
  /** Ids of what came of them and no list has shown yet. */
  readonly #made = new Map<string, Set<string>>()

  /** @param signal - the caller's */
  follow(group: string, launching: Promise<Instance>, signal: AbortSignal): void {
    const settled = this.#settled(group, launching, signal)
    const underWay = of(this.#underWay, group)
    underWay.add(settled)
    void settled.then(() => underWay.delete(settled))
  }

  async #settled(group: string, launching: Promise<Instance>, signal: AbortSignal): Promise<void> {
    try {
      const { id } = await launching
      if (signal.aborted) of(this.#made, group).add(id)
    } catch {
      // Nothing was made, or what was made was undone: the caller is told why.
    }
  }

  /** Whoever asked was told of these. */
  listed(group: string, instances: readonly Instance[]): void {
    for (const { id } of instances) this.#made.get(group)?.delete(id)
  }

  /** Waits for the launches of the group, each of which has its own bound. @returns what nobody was told of */
  async take(group: string): Promise<readonly string[]> {
    await Promise.all(of(this.#underWay, group))
    const ids = [...of(this.#made, group)]
    this.#made.delete(group)
    return ids
  }
}

function of<T>(sets: Map<string, Set<T>>, group: string): Set<T> {
  const found = sets.get(group) ?? new Set<T>()
  sets.set(group, found)
  return found
}
