import { parseDump, type ConfigNode } from './config-tree.js'
import { timeMs } from './time-value.js'

/** What the rest of the configuration says that bears on us. Fields that it does not set are undefined. */
export interface Installation {
  readonly pidFile: string | undefined
  /** A file; undefined also for a log that goes to stderr or to syslog. */
  readonly errorLog: string | undefined
  /** After it, leaving workers cut what is left; undefined when they never do. */
  readonly workerShutdownMs: number | undefined
  readonly nodes: readonly ConfigNode[]
}

/** Reads what `nginx -T` printed. @throws Error when it cannot be read */
export function installationFrom(dump: string): Installation {
  const nodes = parseDump(dump)
  const main = (name: string): string | undefined => lastOf(nodes, name)?.args[0]
  const errorLog = main('error_log')
  const shutdown = main('worker_shutdown_timeout')
  const shutdownMs = shutdown === undefined ? undefined : timeMs(shutdown)
  return {
    pidFile: main('pid'),
    errorLog: errorLog?.startsWith('/') === true ? errorLog : undefined,
    // 0 means what leaving it out means.
    workerShutdownMs: shutdownMs === 0 ? undefined : shutdownMs,
    nodes,
  }
}

export function lastOf(nodes: readonly ConfigNode[], name: string): ConfigNode | undefined {
  return nodes.findLast((node) => node.name === name)
}
