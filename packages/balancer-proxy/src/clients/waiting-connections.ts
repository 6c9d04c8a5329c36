import type { ClientConnection } from './client-connections.js'

/** Connections on which no request is under way, in the order in which they began to wait. */
export class WaitingConnections {
  readonly #unproven = new Set<ClientConnection>()
  readonly #proven = new Set<ClientConnection>()

  add(connection: ClientConnection): void {
    this.#setOf(connection).add(connection)
  }

  delete(connection: ClientConnection): void {
    this.#setOf(connection).delete(connection)
  }

  /** The one to go first: the oldest that never brought a whole request, else the one that is idle the longest. */
  oldest(): ClientConnection | undefined {
    const [unproven] = this.#unproven
    if (unproven !== undefined) return unproven
    const [proven] = this.#proven
    return proven
  }

  #setOf({ isProven }: ClientConnection): Set<ClientConnection> {
    return isProven ? this.#proven : this.#unproven
  }
}
