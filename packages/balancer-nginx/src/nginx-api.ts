import type { Address, CallOptions } from '@flotilla/core'

/** What `nginx -t` said. */
export interface TestVerdict {
  readonly isAccepted: boolean
  /** All that it printed. */
  readonly output: string
}

/** One worker process of Nginx. */
export interface NginxWorker {
  /** Tells it from every other process, also from a later one with the same number where that can be told. */
  readonly id: string
  /** It takes no new connections and ends with its last request. */
  readonly isLeaving: boolean
}

/**
 * One installation of Nginx, wherever it runs: the calls we make, and nothing else. Each call is bounded, and fails with
 * a FlotillaError of its own.
 */
export interface NginxApi {
  /** For messages: `nginx in container nginx-lb`. */
  readonly where: string
  /** The file that we own. */
  readonly configFile: string
  /** What our file holds; undefined when it is not there. */
  read(call: CallOptions): Promise<string | undefined>
  /** Puts a text in the place of our file, whole or not at all. */
  write(text: string, call: CallOptions): Promise<void>
  remove(call: CallOptions): Promise<void>
  /** `nginx -t` */
  test(call: CallOptions): Promise<TestVerdict>
  /** The whole configuration as Nginx reads it, and its version; `nginx -T`, `nginx -v`. */
  describe(call: CallOptions): Promise<{ readonly dump: string; readonly version: string }>
  /** Tells the master to read its configuration. That it did is told by nothing here. */
  reload(call: CallOptions): Promise<void>
  /** Its workers, also those that are leaving. Left out where they cannot be seen. */
  workers?(call: CallOptions): Promise<readonly NginxWorker[]>
  /** Those of these workers that still run, whether or not their master does. Present where `workers` is. */
  stillRunning?(ids: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]>
  /**
   * Which of these targets these workers have connections to, by their place in the list; of a target that is a name, it
   * says yes. Left out where connections cannot be seen.
   */
  connectedTo?(
    workerIds: readonly string[],
    targets: readonly Address[],
    call: CallOptions,
  ): Promise<readonly boolean[]>
  /** From now on: gives what Nginx has logged as errors since. Left out where its log cannot be read. */
  watchErrors?(call: CallOptions): Promise<(call: CallOptions) => Promise<string>>
}
