import { instanceId } from '../labels.js'
import type { Exit } from '../book/record.js'
import type { SpawnedChild } from './spawn.js'

interface OwnChild {
  readonly child: SpawnedChild
  /** Resolves when its exit has been written down. */
  readonly settled: Promise<void>
}

/** The instances that this controller has started itself, and so is told of their exit and its code. */
export class OwnChildren {
  readonly #children = new Map<string, OwnChild>()

  /** Follows a child to its end; `onExit` writes the exit down. */
  follow(group: string, token: string, child: SpawnedChild, onExit: (exit: Exit) => Promise<void>): void {
    const id = instanceId(group, token)
    const settle = async (): Promise<void> => {
      // What cannot be written (no directory any more, a full disk) leaves the instance with "exited", which is true.
      await onExit(await child.exited).catch(() => {})
      if (this.#children.get(id)?.child === child) this.#children.delete(id)
    }
    this.#children.set(id, { child, settled: settle() })
  }

  /** Waits until the exit of a process is written down; at once when it is not a child of this controller. */
  async settled(group: string, token: string, pid: number | undefined): Promise<void> {
    const own = this.#children.get(instanceId(group, token))
    if (own?.child.pid === pid) await own?.settled
  }
}
