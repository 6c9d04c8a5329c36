import { frontsOf, type Front } from './fronts.js'
import type { Installation } from './installation.js'

/**
 * How an installation treats clients that keep their connections. A reload closes idle ones, and a request that its
 * client sends at that very moment is lost, unless
 *
 * - `no-client-keepalive`: it keeps none (`keepalive_timeout 0`)
 * - `two-stage`: it keeps none, and serves only another Nginx in front of it, which keeps them and is never reloaded
 * - `keepalive-min-timeout`: it leaves a new connection open for a while in spite of a reload (Nginx >= 1.27.4)
 * - `client-retry`: none of these; clients that repeat a request on a connection found dead, as browsers do, see nothing
 * - `unknown`: no server of it passes to the upstream, or how cannot be told
 */
export type SetupKind =
  | 'no-client-keepalive'
  | 'two-stage'
  | 'keepalive-min-timeout'
  | 'client-retry'
  | 'unknown'

/** What stands between an Nginx and a group behind it, as `setup` found it. */
export interface SetupReport {
  readonly kind: SetupKind
  /** Whether no request can be lost to a reload, also of a client that never repeats one. */
  readonly isStrictlyLossless: boolean
  /** Of Nginx: `1.22.1`, or `unknown`. */
  readonly version: string
  /** `worker_shutdown_timeout`, milliseconds; undefined when it is not set, and old workers wait for ever. */
  readonly workerShutdownMs: number | undefined
  /** What is so and what to do about it, in sentences. */
  readonly notes: readonly string[]
}

/** Reads out of a configuration which setup it is, for the servers that pass to this upstream. */
export function setupReport(
  { nodes, workerShutdownMs }: Pick<Installation, 'nodes' | 'workerShutdownMs'>,
  version: string,
  upstream: string,
): SetupReport {
  const fronts = frontsOf(nodes, upstream)
  const kinds = new Set(fronts.map((front) => kindOf(front, version)))
  const [only] = kinds
  // The weakest of them is what clients meet.
  const kind = only === undefined ? 'unknown' : kinds.size === 1 ? only : weakest(kinds)
  const notes = [noteFor[kind]]
  if (workerShutdownMs === undefined) {
    notes.push(
      'worker_shutdown_timeout is not set: a WebSocket keeps its old worker, and with it a drain, until the bound of the drain. Set it in the main configuration to drainTimeoutMs.',
    )
  }
  if (kinds.size > 1) notes.push(`Its servers differ: ${[...kinds].join(', ')}.`)
  const isStrictlyLossless = kind !== 'client-retry' && kind !== 'unknown'
  return { kind, isStrictlyLossless, version, workerShutdownMs, notes }
}

const noteFor: Readonly<Record<SetupKind, string>> = {
  'no-client-keepalive': 'Each connection of a client ends with its answer: no request can meet a reload.',
  'two-stage':
    'It serves another Nginx through a socket and keeps no connection of it: no request can meet a reload, as long as the one in front is not reloaded.',
  'keepalive-min-timeout': 'A reload leaves clients’ connections open for keepalive_min_timeout.',
  'client-retry':
    'A reload closes idle connections of clients: one that sends at that very moment must repeat its request, as browsers do. For strictly zero, see setupFiles().',
  unknown: 'No server passes to this upstream, so nothing can be said of its clients.',
}

function kindOf({ keepAliveMs, minKeepAliveMs, listens }: Front, version: string): SetupKind {
  if (keepAliveMs === 0) {
    const isInner = listens.length > 0 && listens.every((listen) => listen.startsWith('unix:'))
    return isInner ? 'two-stage' : 'no-client-keepalive'
  }
  return minKeepAliveMs > 0 && isAtLeast(version, [1, 27, 4]) ? 'keepalive-min-timeout' : 'client-retry'
}

function weakest(kinds: ReadonlySet<SetupKind>): SetupKind {
  const order = ['unknown', 'client-retry', 'keepalive-min-timeout', 'two-stage'] as const
  return order.find((kind) => kinds.has(kind)) ?? 'no-client-keepalive'
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number)
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? Number.NaN
    if (Number.isNaN(part)) return false
    if (part !== wanted) return part > wanted
  }
  return true
}
