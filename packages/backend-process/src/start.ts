import type { Instance, LaunchRequest } from '@flotilla/core'
import type { Context } from './context.js'
import { toInstance } from './to-instance.js'
import { instanceEnv } from './options/environment.js'
import { instanceId, type Label } from './labels.js'
import type { LaunchRecord } from './book/record.js'
import { describeExit } from './status.js'
import { spawnChild, type SpawnedChild } from './host/spawn.js'

/** A token that this controller has claimed. */
export interface Claimed extends LaunchRequest {
  readonly generation: number
  readonly record: LaunchRecord
}

/** Starts the process of a claimed token; when that fails, nothing of it is left. */
export async function start(
  context: Context,
  { group, token, generation, record }: Claimed,
  signal: AbortSignal,
): Promise<Instance> {
  const { records, ports, settings, owner, table, children, feed } = context
  const id = instanceId(group, token)
  const { host, portRange } = settings
  let known = record
  let child: SpawnedChild | undefined
  const write = async (facts: Partial<LaunchRecord>): Promise<void> => {
    known = { ...known, ...facts }
    await records.write(group, token, { generation, record: known })
  }
  try {
    const announce = async (port: number): Promise<void> => write({ port })
    const port = await ports.reserve({ host, portRange, group, token, signal, announce })
    signal.throwIfAborted()
    const label: Label = { ...record, owner, group, token, port }
    child = await spawnChild({
      instance: id,
      argv: settings.argv,
      cwd: settings.cwd,
      env: instanceEnv({ ...settings, label }),
      outputPath: records.output(group, token).current,
    })
    const [row] = await table.some([child.pid], signal)
    await write({ child: { pid: child.pid, birth: row?.birth } })
    feed.emit(group, { instanceId: id, what: 'started' })
    children.follow(group, token, child, async (exit) => {
      await write({ exit })
      feed.emit(group, { instanceId: id, what: describeExit(exit) })
    })
    return toInstance({ group, token, record: known, row: row?.state === 'zombie' ? undefined : row })
  } catch (error) {
    // One that may not be killed (it runs as another user by now) is found by its label and listed.
    await child?.kill().catch(() => {})
    if (known.port !== undefined) await ports.release(known.port, group, token)
    await records.remove(group, token)
    throw error
  }
}
