import { FlotillaError, type Instance, type LaunchRequest } from '@flotilla/core'
import type { Context } from './context.js'
import { toInstance } from './to-instance.js'
import { instanceId } from './labels.js'
import { findLabelled, recordFromLabel, type Labelled } from './host/labelled.js'
import { isSame } from './host/process-table.js'
import type { LaunchRecord } from './book/record.js'
import type { Held } from './book/records.js'
import { start } from './start.js'

const defaults = {
  /** How long to wait for another controller that is at the same launch: it takes it milliseconds. */
  otherLaunchMs: 5_000,
  firstPauseMs: 5,
  longestPauseMs: 200,
  /** A controller killed while it starts a process leaves it unlabelled until the kernel has loaded the program. */
  secondLookMs: 100,
}

/**
 * Makes one instance of a token, or finds the one it made before.
 *
 * A launch is written down before anything is done, so that whoever comes after a crash knows what to look for:
 *
 * ```
 * nothing ─claim─▶ claimed ─port─▶ port ─spawn─▶ (labelled process) ─record─▶ child
 *    ▲                │              │                   │
 *    └──── no process carries the label ◀── owner dead ──┴──▶ one does: adopt it
 * ```
 */
export async function launch(
  context: Context,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<Instance> {
  const { records, clock } = context
  const { group, token } = request
  const waitUntil = clock.monotonic() + defaults.otherLaunchMs
  for (let pauseMs = defaults.firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, defaults.longestPauseMs)) {
    signal.throwIfAborted()
    const held = await records.read(group, token)
    if (held?.record?.child !== undefined) return asItIs(context, request, held.record, signal)
    if (held === undefined || !(await isInProgress(context, held, signal))) {
      const instance = await take(context, request, held, signal)
      if (instance !== undefined) return instance
    }
    if (clock.monotonic() > waitUntil) {
      const id = instanceId(group, token)
      throw new FlotillaError(
        'conflict',
        `launch ${id}: process ${held?.record?.claim.pid ?? '?'} is launching it`,
      )
    }
    await clock.sleep(pauseMs, { signal })
  }
}

/** Whether some other live controller is at it. What this one claimed and is not at any more, it failed to clean up. */
export async function isInProgress(
  { table, claim }: Pick<Context, 'table' | 'claim'>,
  { record }: Held,
  signal: AbortSignal,
): Promise<boolean> {
  if (record === undefined || record.claim.backend === claim.backend) return false
  const [row] = await table.some([record.claim.pid], signal)
  return isSame(row, record.claim.birth)
}

/** The instance of a token that was launched before, as it is now. */
async function asItIs(
  { table }: Context,
  { group, token }: LaunchRequest,
  record: LaunchRecord,
  signal: AbortSignal,
): Promise<Instance> {
  const { child } = record
  const [row] = child === undefined ? [] : await table.some([child.pid], signal)
  return toInstance({ group, token, record, row: isSame(row, child?.birth) ? row : undefined })
}

/** Claims a token that nobody works on; undefined when somebody else was first. */
async function take(
  context: Context,
  request: LaunchRequest,
  held: Held | undefined,
  signal: AbortSignal,
): Promise<Instance | undefined> {
  const { records, ports, claim, settings, templateHash, clock } = context
  const { group, token } = request
  const generation = (held?.generation ?? 0) + 1
  const survivor = await findSurvivor(context, { group, token, isFirst: held === undefined }, signal)
  if (survivor !== undefined) {
    const record = recordFromLabel(survivor, claim)
    if (!(await records.claim(group, token, { generation, record }))) return undefined
    return toInstance({ group, token, record, row: survivor.row })
  }
  const record: LaunchRecord = {
    claim,
    createdAt: Math.round(clock.now()),
    templateHash,
    host: settings.host,
  }
  if (!(await records.claim(group, token, { generation, record }))) return undefined
  if (held !== undefined && held.record === undefined) await ports.releaseAll(group, token)
  if (held?.record?.port !== undefined) await ports.release(held.record.port, group, token)
  return start(context, { group, token, generation, record }, signal)
}

/** The process that carries the token's label already: a killed controller started it and did not write it down. */
async function findSurvivor(
  context: Context,
  { group, token, isFirst }: LaunchRequest & { readonly isFirst: boolean },
  signal: AbortSignal,
): Promise<Labelled | undefined> {
  const look = async (): Promise<Labelled | undefined> => {
    const rows = await context.table.all(signal)
    return (await findLabelled(context, { group, rows, signal })).get(token)
  }
  const found = await look()
  // Where nobody has claimed the token, nobody can have been killed just now.
  if (found !== undefined || isFirst) return found
  await context.clock.sleep(defaults.secondLookMs, { signal })
  return look()
}
