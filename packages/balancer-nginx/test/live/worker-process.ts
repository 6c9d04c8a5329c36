import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { BalancerMember } from '@flotilla/core'

/** A member that is a process of its own. */
export class WorkerProcess {
  readonly member: BalancerMember
  readonly #child: ChildProcess

  private constructor(member: BalancerMember, child: ChildProcess) {
    this.member = member
    this.#child = child
  }

  static async start(id: string): Promise<WorkerProcess> {
    const child = fork(join(import.meta.dirname, 'worker.js'), [id], { execArgv: [] })
    const [port] = (await once(child, 'message')) as [number]
    return new WorkerProcess({ id, host: '127.0.0.1', port }, child)
  }

  /** Kills it at once, as a drained member may be. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}
