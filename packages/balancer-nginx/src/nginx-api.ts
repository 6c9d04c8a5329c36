import type { Address, CallOptions } from '@flotilla/core'
import type { Vantage } from './front/place.js'

/** What `nginx -t` said. */
export interface TestVerdict {
  readonly isAccepted: boolean
  /** All that it printed. */
  readonly output: string
  /** The whole configuration as Nginx reads it, of `nginx -T`; undefined where it was not asked for, or was refused. */
  readonly dump?: string | undefined
  /** As they were right after it, where that costs nothing more. */
  readonly workers?: readonly NginxWorker[] | undefined
}

/** One worker process of Nginx. */
export interface NginxWorker {
  /** Tells it from every other process, also from a later one with the same number where that can be told. */
  readonly id: string
  /** It takes no new connections and ends with its last request. */
  readonly isLeaving: boolean
}

/** What is there before anything is done. */
export interface Look {
  /** What our file holds; undefined when it is not there. */
  readonly text: string | undefined
  /** Undefined where they cannot be seen. */
  readonly workers: readonly NginxWorker[] | undefined
  /** As the master's title has it: with the main configuration file that it was started with. */
  readonly masterTitle?: string | undefined
  /** Two masters of a binary upgrade that both take connections. */
  readonly upgrade?: { readonly oldPid: number; readonly newPid: number } | undefined
  /** Tells one life of its machine from the next, such as a container's id and start. */
  readonly life?: string | undefined
  /** How its machine can be reached from here. */
  readonly vantages: readonly Vantage[]
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
  /** The main configuration file that commands are given; undefined for the one that Nginx was built with. */
  readonly mainConfigFile?: string | undefined
  /**
   * Our file and the processes, at the cost of one question.
   *
   * @throws NotRunning when it is known that Nginx does not run
   */
  look(call: CallOptions): Promise<Look>
  /** Puts a text in the place of our file, whole or not at all. */
  write(text: string, call: CallOptions): Promise<void>
  remove(call: CallOptions): Promise<void>
  /** `nginx -t`, or `nginx -T` where that costs no more. */
  test(call: CallOptions): Promise<TestVerdict>
  /** `write` and `test` in one, where that is cheaper than two. It does not undo what it wrote. */
  put?(text: string, call: CallOptions): Promise<TestVerdict>
  /** `nginx -v` */
  version(call: CallOptions): Promise<string>
  /** Tells the master to read its configuration. That it did is told by nothing here. */
  reload(call: CallOptions): Promise<void>
  /**
   * Its workers, also those that are leaving, and those of these ids that still run, whether or not their master does.
   * Left out where they cannot be seen.
   */
  workers?(also: readonly string[], call: CallOptions): Promise<readonly NginxWorker[]>
  /** Those of these workers that still run. Present where `workers` is. */
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
