// #region options
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock, type MetricInfo, type Metrics, type Reading } from '@flotilla/core'
import {
  absentReading,
  check,
  checkOptions,
  readingFrom,
  systemFailure,
  withDeadline,
} from '@flotilla/core/authoring'
import * as v from 'valibot'

export interface SpoolOptions {
  /** Has a file for each instance, named by its id: the jobs that it has still to do. */
  readonly directory: string
  /** Bound of one sample, milliseconds; default 2,000. */
  readonly timeoutMs?: number | undefined
}

const schema = v.strictObject({ directory: check.text(), timeoutMs: v.optional(check.milliseconds(1), 2000) })
// #endregion

// #region source
/**
 * How many spool files there are, of the group, and the size of each instance's own.
 *
 * @throws FlotillaError `invalid-options`. A sample rejects with `unavailable`, `permission-denied` or `timeout`
 */
export function spool(options: SpoolOptions): Metrics {
  const { directory, timeoutMs } = checkOptions('spool', schema, options)
  const files: MetricInfo = { name: 'spool.files', unit: 'count', of: 'group' }
  const bytes: MetricInfo = { name: 'spool.bytes', unit: 'bytes', of: 'instance' }

  async function readBytes(instanceId: string, at: number): Promise<Reading> {
    const of = { info: bytes, instanceId, at }
    try {
      return readingFrom(of, (await stat(join(directory, instanceId))).size)
    } catch (error) {
      return absentReading(of, systemFailure('read its spool file', error).message)
    }
  }

  return {
    name: `spool ${directory}`,
    provides: [files, bytes],
    async sample({ instances, now, signal }) {
      const what = `read ${directory}`
      const read = async (): Promise<readonly Reading[]> => {
        const names = await readdir(directory)
        const each = await Promise.all(instances.map(async ({ id }) => readBytes(id, now)))
        return [readingFrom({ info: files, at: now }, names.length), ...each]
      }
      try {
        return await withDeadline(read, { clock: systemClock, timeoutMs, what, signal })
      } catch (error) {
        signal.throwIfAborted()
        throw systemFailure(what, error)
      }
    },
  }
}
// #endregion
