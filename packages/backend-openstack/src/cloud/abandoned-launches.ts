import type { Instance } from '@flotilla/core'

/**
 * Launches that went on after their caller gave up. The next list shows the server of such a launch. A group that ends before
 * that list would leave the server behind.
 */
export class AbandonedLaunches {
  readonly #underWay = new Map<string, Set<Promise<void>>>()
  /** Ids of servers that they made and no list has shown yet. */
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
      // Nothing was made, or what was made is removed again. The caller gets the error.
    }
  }

  /** These were listed: their group knows them. */
  listed(group: string, instances: readonly Instance[]): void {
    for (const { id } of instances) this.#made.get(group)?.delete(id)
  }

  /** Waits for the launches of the group, each of which has its own bound. @returns ids that no list has shown */
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
