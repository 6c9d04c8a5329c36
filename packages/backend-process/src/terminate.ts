import { FlotillaError, type BatchReport } from '@flotilla/core'
import type { Context } from './context.js'
import { endProcesses } from './host/end-processes.js'
import { fromSystem } from './errors.js'
import { instanceId, parseInstanceId } from './labels.js'
import { readLabels } from './host/labelled.js'
import { isInProgress } from './launch.js'
import type { Machine } from './host/members.js'
import type { LaunchRecord } from './book/record.js'
import { forgetTold } from './told-failure.js'

/** One instance to end, with what is known of it. */
interface Target extends Machine {
  readonly token: string
  readonly record: LaunchRecord | undefined
}

type Failures = Map<string, FlotillaError>

/** Ends instances of a group and removes all that was made for them. */
export async function terminate(
  context: Context,
  { group, ids }: { readonly group: string; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<BatchReport> {
  const wanted = [...new Set(ids)]
  return context.queue.run(wanted, signal, async () => {
    const failed: Failures = new Map()
    const targets = await findTargets(context, { group, ids: wanted, failed }, signal)
    for (const { id } of targets) context.ending.add(id)
    try {
      for (const [id, error] of await endProcesses(context, targets, signal)) failed.set(id, error)
      const ended = targets.filter(({ id }) => !failed.has(id))
      await Promise.all(ended.map(async (target) => removeRemains(context, { group, target, failed })))
    } finally {
      for (const { id } of targets) context.ending.delete(id)
    }
    return {
      done: wanted.filter((id) => !failed.has(id)),
      failed: [...failed].map(([id, error]) => ({ id, error })),
    }
  })
}

interface Request {
  readonly group: string
  readonly ids: readonly string[]
  /** Those that must be left alone are added here. */
  readonly failed: Failures
}

/** Those to end. An id that belongs to nothing is no target and no failure: it is gone. */
async function findTargets(
  context: Context,
  { group, ids, failed }: Request,
  signal: AbortSignal,
): Promise<readonly Target[]> {
  const labelled = await labelOwners(context, signal)
  const targets: Target[] = []
  for (const id of ids) {
    const parts = parseInstanceId(id)
    if (parts === undefined) continue
    const held = await context.records.read(parts.group, parts.token)
    const owners = labelled.get(id)
    const isOurs = held !== undefined || owners?.has(context.owner) === true
    if (!isOurs && owners === undefined) {
      // At most the directory of a launch that was killed before it could claim anything.
      if (parts.group === group) await context.records.remove(group, parts.token)
      continue
    }
    if (!isOurs || parts.group !== group) {
      const whose = isOurs ? `group ${parts.group}` : 'another state directory'
      failed.set(
        id,
        new FlotillaError('not-owned', `terminate ${id}: belongs to ${whose}, not to ${group}`, {
          instanceId: id,
        }),
      )
      continue
    }
    const record = held?.record
    if (held !== undefined && record?.child === undefined && (await isInProgress(context, held, signal))) {
      const message = `terminate ${id}: process ${record?.claim.pid} is launching it`
      failed.set(id, new FlotillaError('conflict', message, { instanceId: id }))
      continue
    }
    targets.push({ id, token: parts.token, record, child: record?.child })
  }
  return targets
}

/** By instance id: the ids of the state directories whose label its processes carry. */
async function labelOwners(
  { table }: Context,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const labels = await readLabels(table, await table.all(signal), signal)
  const owners = new Map<string, Set<string>>()
  for (const { owner, group, token } of labels.values()) {
    const id = instanceId(group, token)
    owners.set(id, (owners.get(id) ?? new Set()).add(owner))
  }
  return owners
}

/** In this order, so that a port is never held by an instance without a record. */
async function removeRemains(
  context: Context,
  { group, target, failed }: { readonly group: string; readonly target: Target; readonly failed: Failures },
): Promise<void> {
  const { children, ports, records, settings } = context
  const { id, token, record } = target
  try {
    await children.settled(group, token, target.child?.pid)
    if (record === undefined) await ports.releaseAll(group, token)
    else if (record.port !== undefined) await ports.release(record.port, group, token)
    if (settings.keepLogs) await records.keepOutput(group, token)
    await records.remove(group, token)
    forgetTold(context, group, id)
  } catch (error) {
    failed.set(id, fromSystem(error, `terminate ${id}: remove what is left of it`))
  }
}
