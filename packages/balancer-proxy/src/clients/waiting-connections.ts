/** What must be known of a connection that waits. */
export interface Waiting {
  /** Whether it ever brought a whole request. */
  readonly isProven: boolean
}

/** Connections on which no request is under way, in the order in which they began to wait. */
export class WaitingConnections<Connection extends Waiting> {
  readonly #unproven = new Set<Connection>()
  readonly #proven = new Set<Connection>()

  add(connection: Connection): void {
    this.#setOf(connection).add(connection)
  }

  delete(connection: Connection): void {
    this.#setOf(connection).delete(connection)
  }

  /** The one to go first: the oldest that never brought a whole request, else the one that is idle the longest. */
  oldest(): Connection | undefined {
    const [unproven] = this.#unproven
    if (unproven !== undefined) return unproven
    const [proven] = this.#proven
    return proven
  }

  #setOf({ isProven }: Waiting): Set<Connection> {
    return isProven ? this.#proven : this.#unproven
  }
}
