import type { NginxWorker } from '../nginx-api.js'
import type { Generation, LeavingWorkers } from './drain.js'

/** Remembers when each worker was told to leave: from then on Nginx counts the time after which it cuts what is left. */
export class LeavingTimes {
  #toldAtMs = new Map<string, number>()

  /**
   * All these workers have left or are leaving, those that were not before since `toldAtMs`.
   *
   * @param before - as they were when the master was told; undefined where they cannot be seen
   */
  told(before: readonly NginxWorker[] | undefined, toldAtMs: number): LeavingWorkers {
    if (before === undefined) return undefined
    const known = this.#toldAtMs
    this.#toldAtMs = new Map(
      before.map(({ id, isLeaving }) => [id, known.get(id) ?? (isLeaving ? -Infinity : toldAtMs)]),
    )
    const generations = new Map<number, string[]>()
    for (const [id, atMs] of this.#toldAtMs) {
      generations.set(atMs, [...(generations.get(atMs) ?? []), id])
    }
    return [...generations].map(([atMs, ids]): Generation => ({ ids, toldAtMs: atMs }))
  }
}
