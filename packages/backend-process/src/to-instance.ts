import type { Instance, InstanceStatus } from '@flotilla/core'
import { instanceId } from './labels.js'
import type { ProcessRow } from './host/process-table.js'
import { describeExit, type LaunchRecord } from './book/record.js'

/** What is known of one instance. */
export interface Known {
  readonly group: string
  readonly token: string
  readonly record: LaunchRecord
  /** The instance's own process; absent when it runs no more. */
  readonly row: ProcessRow | undefined
}

/** One instance as the model has it. */
export function toInstance({ group, token, record, row }: Known): Instance {
  const { host, port, createdAt, templateHash } = record
  return {
    id: instanceId(group, token),
    group,
    token,
    name: `${group}-${token}`,
    ...statusOf(record, row),
    address: port === undefined ? undefined : { host, port },
    createdAt,
    templateHash,
  }
}

function statusOf(
  record: LaunchRecord,
  row: ProcessRow | undefined,
): { readonly status: InstanceStatus; readonly statusReason?: string } {
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

/** An instance whose record cannot be read: something may be left of it, and only `terminate` may remove it. */
export function toDamaged(group: string, token: string, changedAt: number): Instance {
  return {
    id: instanceId(group, token),
    group,
    token,
    name: `${group}-${token}`,
    status: 'stopped',
    statusReason: 'its record is damaged',
    createdAt: changedAt,
  }
}
