import type { Readable, Writable } from 'node:stream'

/** A pair of byte streams to a daemon, whatever carries them. */
export interface Transport {
  readonly readable: Readable
  readonly writable: Writable
  /** Ends it at once and lets go of what it holds. May be called twice. */
  destroy(): void
  /** The last words of the program that carries the bytes: ssh's own message. */
  lastWords?(): Promise<string>
}

/** How one attempt to open a transport is given up. */
export interface OpenBound {
  readonly signal: AbortSignal
}
