import type { Instance } from '@flotilla/core'
import type { Exit, LaunchRecord } from './book/record.js'
import type { ProcessRow } from './host/process-table.js'

/** What an instance does, by its own process; without one it has stopped. */
export function statusOf(
  record: LaunchRecord,
  row: ProcessRow | undefined,
): Pick<Instance, 'status' | 'statusReason'> {
  if (row === undefined) {
    return {
      status: 'stopped',
      statusReason: record.exit === undefined ? 'exited' : describeExit(record.exit),
    }
  }
  return row.state === 'frozen'
    ? { status: 'paused', statusReason: 'stopped by a signal such as SIGSTOP' }
    : { status: 'running' }
}

/** In words, for `statusReason`. */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exited with code ${exit.code}` : `killed by ${exit.signal}`
}
