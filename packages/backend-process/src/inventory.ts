import {
  FlotillaError,
  type BatchReport,
  type CallOptions,
  type Instance,
  type LaunchRequest,
} from '@flotilla/core'
import { inParallel } from '@flotilla/core/authoring'
import type { Context } from './context.js'
import { toDamaged, toInstance } from './to-instance.js'
import { instanceId } from './labels.js'
import { findLabelled, recordFromLabel, type Labelled } from './host/labelled.js'
import { isInProgress } from './launch.js'
import { trimOutput } from './book/output.js'
import { isSame, type ProcessRow } from './host/process-table.js'
import type { Child } from './book/record.js'
import type { Held } from './book/records.js'
import { orTell } from './told-failure.js'

/** Records read at once. */
const readersCount = 16
/** A launch that a dead controller left without a process is forgotten after this; one under way takes milliseconds. */
const abandonedMs = 60_000

interface Survey {
  readonly context: Context
  readonly group: string
  readonly rows: ReadonlyMap<number, ProcessRow>
  readonly labelled: ReadonlyMap<string, Labelled>
  readonly signal: AbortSignal
}

/**
 * Every instance of a group, from what is written down and from the labels of what runs. Their output is kept within its
 * bound on the way.
 */
export async function takeInventory(
  context: Context,
  group: string,
  signal: AbortSignal,
): Promise<readonly Instance[]> {
  const { records, table } = context
  // Records before processes: a process started in between is found by its label, one that ended is looked at again.
  const tokens = await records.tokens(group)
  const held = await inParallel(tokens, readersCount, async (token) => records.read(group, token))
  const rows = await table.all(signal)
  const labelled = await findLabelled(context, { group, rows, signal })
  const survey = { context, group, rows: new Map(rows.map((row) => [row.pid, row])), labelled, signal }
  const recorded = await inParallel([...tokens.entries()], readersCount, async ([index, token]) =>
    look(survey, token, held[index]),
  )
  await inParallel(tokens, readersCount, async (token) => keepOutputBounded(context, { group, token }))
  const known = new Set(tokens)
  const unrecorded = [...labelled].filter(([token]) => !known.has(token))
  const adopted = await inParallel(unrecorded, readersCount, async ([token, process]) =>
    adopt(survey, token, process),
  )
  return [...recorded, ...adopted].filter((instance) => instance !== undefined)
}

async function keepOutputBounded(context: Context, { group, token }: LaunchRequest): Promise<void> {
  const { records, settings } = context
  await orTell(context, { group, token, what: 'output' }, async () =>
    trimOutput(records.output(group, token), settings.maxOutputBytes),
  )
}

async function look(survey: Survey, token: string, held: Held | undefined): Promise<Instance | undefined> {
  const { context, group, rows, labelled } = survey
  const child = held?.record?.child
  if (held?.record !== undefined && child !== undefined) {
    const row = rows.get(child.pid)
    if (isSame(row, child.birth)) return toInstance({ group, token, record: held.record, row })
    return lookAtStopped(survey, token, child)
  }
  const process = labelled.get(token)
  if (process !== undefined) return adopt(survey, token, process)
  if (held !== undefined && held.record === undefined) {
    return toDamaged(group, token, await context.records.changedAt(group, token))
  }
  await forgetAbandoned(survey, token)
  return undefined
}

/** Reads the record again: it may say by now how the process ended, or be gone with it. */
async function lookAtStopped(
  { context, group }: Survey,
  token: string,
  child: Child,
): Promise<Instance | undefined> {
  await context.children.settled(group, token, child.pid)
  const record = (await context.records.read(group, token))?.record
  return record === undefined ? undefined : toInstance({ group, token, record, row: undefined })
}

/** Lists a process by its label, and writes it down if a controller that was killed did not come to do so. */
async function adopt(
  { context, group, signal }: Survey,
  token: string,
  process: Labelled,
): Promise<Instance> {
  const { claim, records, table } = context
  const record = recordFromLabel(process, claim)
  await unlessBusy(context, { group, token, signal }, async (held) => {
    const [row] = await table.some([process.row.pid], signal)
    // It may have been terminated meanwhile, and must not come back as a record.
    if (held?.record?.child !== undefined || !isSame(row, process.row.birth)) return
    // The label is enough to list it by. The record is for the time when it has ended, and may come with the next list.
    await orTell(context, { group, token, what: 'record' }, async () =>
      records.claim(group, token, { generation: (held?.generation ?? 0) + 1, record }),
    )
  })
  return toInstance({ group, token, record, row: process.row })
}

/**
 * Removes what is left of a group whose instances are gone: launches that were announced by controllers that are no more,
 * and the group's directory. What still runs, or is being launched, stays.
 */
export async function forgetGroup(
  context: Context,
  group: string,
  signal: AbortSignal,
): Promise<BatchReport> {
  const { records } = context
  const listed = new Set((await takeInventory(context, group, signal)).map(({ token }) => token))
  const unlisted = (await records.tokens(group)).filter((token) => !listed.has(token))
  await inParallel(unlisted, readersCount, async (token) =>
    forgetAbandoned({ context, group, signal, olderThanMs: 0 }, token),
  )
  const left = new Set(await records.tokens(group))
  if (left.size === 0) await records.removeEmptyGroup(group)
  const [done, kept] = [
    unlisted.filter((token) => !left.has(token)),
    unlisted.filter((token) => left.has(token)),
  ]
  return {
    done: done.map((token) => instanceId(group, token)),
    failed: kept.map((token) => {
      const id = instanceId(group, token)
      const message = `end group ${group}: ${id} is being launched by another controller; end it once it is listed`
      return { id, error: new FlotillaError('conflict', message, { instanceId: id }) }
    }),
  }
}

interface Abandoned {
  readonly context: Context
  readonly group: string
  readonly signal: AbortSignal
  readonly olderThanMs?: number
}

/** Removes a launch that a controller announced and was killed before it started anything. */
async function forgetAbandoned(
  { context, group, signal, olderThanMs = abandonedMs }: Abandoned,
  token: string,
): Promise<void> {
  const { claim, clock, records, ports } = context
  await unlessBusy(context, { group, token, signal }, async (held) => {
    const record = held?.record
    const isAbandoned = held === undefined || (record !== undefined && record.child === undefined)
    if (!isAbandoned) return
    const since = record?.createdAt ?? (await records.changedAt(group, token))
    if (clock.now() - since < olderThanMs) return
    if (held !== undefined && record !== undefined) {
      // Claimed like a launch, so that one that comes now waits or wins.
      const next = { generation: held.generation + 1, record: { ...record, claim } }
      if (!(await records.claim(group, token, next))) return
      if (record.port !== undefined) await ports.release(record.port, group, token)
    }
    await records.remove(group, token)
  })
}

/** Runs `work` on the record that holds now, unless a live controller is at this instance. */
async function unlessBusy(
  context: Context,
  { group, token, signal }: LaunchRequest & CallOptions,
  work: (held: Held | undefined) => Promise<void>,
): Promise<void> {
  const { queue, records } = context
  const id = instanceId(group, token)
  // A list does not wait for a launch, and still less for a termination.
  if (queue.isBusy(id)) return
  await queue.run([id], signal, async () => {
    const held = await records.read(group, token)
    if (held === undefined || !(await isInProgress(context, held, signal))) await work(held)
  })
}
