import type { Clock } from '@flotilla/core'
import type { OwnedServer } from '../labels.js'

/**
 * Servers whose deletion was asked for here. Nova forgets a server before its ports and addresses are removed. Until they are,
 * the server is listed as stopping: its group waits, and asks again where the removal failed.
 */
export class TerminatingServers {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #servers = new Map<string, { readonly owned: OwnedServer; readonly untilMs: number }>()

  /** @param keepMs - how long a server is listed; the sweeper removes what is left after that */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Lists it as stopping until `keepMs` have passed. */
  begin({ server, label }: OwnedServer): void {
    const owned = { server: { ...server, isDeleting: true }, label }
    this.#servers.set(server.id, { owned, untilMs: this.#clock.monotonic() + this.#keepMs })
  }

  /** Call it when the server and all that was made for it are gone, or when it stays after all. */
  end(id: string): void {
    this.#servers.delete(id)
  }

  get(id: string): OwnedServer | undefined {
    return this.all().find(({ server }) => server.id === id)
  }

  all(): readonly OwnedServer[] {
    const now = this.#clock.monotonic()
    for (const [id, { untilMs }] of this.#servers) if (untilMs < now) this.#servers.delete(id)
    return [...this.#servers.values()].map(({ owned }) => owned)
  }
}
