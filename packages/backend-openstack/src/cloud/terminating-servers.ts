import type { Clock } from '@flotilla/core'
import type { OwnedServer } from './server-list.js'

/**
 * Servers whose end was asked for here. Nova forgets a server before its ports and addresses are removed: until they are,
 * it is listed as stopping, so that its group waits, and asks again where removing them failed.
 */
export class TerminatingServers {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #servers = new Map<string, { readonly owned: OwnedServer; readonly untilMs: number }>()

  /** @param keepMs - after so long something else looks after what was made for the server */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Lists it as stopping until `keepMs` have passed. */
  begin({ server, label }: OwnedServer): void {
    const owned = { server: { ...server, isDeleting: true }, label }
    this.#servers.set(server.id, { owned, untilMs: this.#clock.monotonic() + this.#keepMs })
  }

  /** It is gone with all that was made for it; or is not to be ended after all. */
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
