import type { Instance } from '@flotilla/core'
import { instanceId } from './labels.js'
import type { ProcessRow } from './host/process-table.js'
import type { LaunchRecord } from './book/record.js'
import { statusOf } from './status.js'

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
