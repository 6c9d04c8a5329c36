import type { Clock } from '@flotilla/core'
import type { Ship } from './server-list.js'
import { sweepMs } from '../addresses/sweeper.js'

/**
 * Servers whose end was asked for here. Nova forgets a server before its ports and addresses are removed: until they are,
 * it is listed as stopping, so that its group waits, and asks again where removing them failed.
 */
export class Endings {
  readonly #clock: Clock
  readonly #ships = new Map<string, { readonly ship: Ship; readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For as long as nothing else looks after what was made for it. */
  begin({ server, label }: Ship): void {
    const ship = { server: { ...server, isDeleting: true }, label }
    this.#ships.set(server.id, { ship, untilMs: this.#clock.monotonic() + sweepMs })
  }

  /** It is gone with all that was made for it; or is not to be ended after all. */
  end(id: string): void {
    this.#ships.delete(id)
  }

  get(id: string): Ship | undefined {
    return this.all().find(({ server }) => server.id === id)
  }

  all(): readonly Ship[] {
    const now = this.#clock.monotonic()
    for (const [id, { untilMs }] of this.#ships) if (untilMs < now) this.#ships.delete(id)
    return [...this.#ships.values()].map(({ ship }) => ship)
  }
}
