import type { Environment } from './options/environment.js'

/** How instances are run. */
export interface ProcessesOptions {
  /**
   * The executable, or an array of it and its arguments. No shell reads it: for one, say so:
   * `['sh', '-c', 'exec python3 -m http.server "$PORT"']`.
   */
  readonly command: string | readonly [string, ...string[]]
  /** Arguments after those of `command`. */
  readonly args?: readonly string[] | undefined
  /** Set over the controller's own environment; `undefined` takes a variable away. Values are never stored or printed. */
  readonly env?: Environment | undefined
  /** False starts instances with nothing but `env`, the port and the label. Default true. */
  readonly inheritEnv?: boolean | undefined
  /** Working directory of the instances; default the controller's own. */
  readonly cwd?: string | undefined
  /** Address of this host that instances listen on; default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Variable that tells an instance its port; default `PORT`. */
  readonly portEnv?: string | undefined
  /**
   * First and last port to give out. The default, 20000 to 29999, lies below what Linux and macOS take for outgoing
   * connections, so that none of those can take a port between its choice and the instance's start.
   */
  readonly portRange?: readonly [number, number] | undefined
  /**
   * Where records and logs are kept: a directory of this user on a local disk, not shared between hosts. Who uses the
   * same one is the same owner. Default `$XDG_STATE_HOME/flotilla/processes` (`~/.local/state/...`), on macOS
   * `~/Library/Application Support/flotilla/processes`.
   */
  readonly stateDir?: string | undefined
  /** Asks an instance to end; default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals | undefined
  /** Time from `stopSignal` to SIGKILL; default 10,000. */
  readonly graceMs?: number | undefined
  /** Cores that make a `cpu` reading of 1; default 1, all that a single-threaded program can use. */
  readonly cpus?: number | undefined
  /**
   * Bound of an instance's output, bytes: once it is longer, its last half is put aside, in the place of what was put aside
   * before, and it begins anew. Looked at whenever the group is listed. Default 10 MiB.
   */
  readonly maxOutputBytes?: number | undefined
  /** True moves an instance's output to `logs/` in the state directory when it is terminated; default false: it goes. */
  readonly keepLogs?: boolean | undefined
  /** Bound of every call; `terminate` may take `graceMs` longer. Default 10,000. */
  readonly timeoutMs?: number | undefined
}
