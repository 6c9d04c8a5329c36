import { withDeadline } from '../../async/deadline.js'
import { FlotillaError, messageOf } from '../../errors.js'
import type { Instance } from '../../model.js'
import type { FullOptions } from '../options/full-options.js'
import type { Problems } from '../telling/problems.js'
import { listGroup } from './list-group.js'

export interface Ending {
  /** How long the balancer may take to let go of the instances. */
  readonly drainMs: number
  /** Tokens whose machine may appear although no list has shown it: their launch was cut off, or its reply lost. */
  readonly doubtful: ReadonlySet<string>
  /** Those whose launch the backend has not settled by now. */
  readonly unsettled: () => ReadonlySet<string>
  /** Those whose launch succeeded again and again, while no list showed their machine. */
  readonly unlisted: ReadonlySet<string>
}

/** What is left after all was done to end it. */
export interface Leftover {
  readonly instances: readonly Instance[]
  /** Why, by the id of what could not be ended; the empty id is for the group as a whole. */
  readonly reasons: ReadonlyMap<string, string>
}

/** Waits between rounds that failed; then the group is told as it is. */
const retryMs: readonly number[] = [200, 1000, 2000, 4000]
/** Waits between looks for a machine whose launch was cut off: 5 s in all. */
const lookMs: readonly number[] = [200, 400, 800, 1600, 2000]

/** Ends every machine of a group that is not protected, in rounds, until a list shows none and none can still appear. */
export async function terminateAll(
  { group, backend, clock, timeouts }: FullOptions,
  isProtected: (instance: Instance) => boolean,
  known: readonly Instance[],
  { doubtful, unsettled, unlisted }: Omit<Ending, 'drainMs'>,
  problems: Problems,
): Promise<Leftover> {
  const unseen = new Set([...doubtful, ...unlisted])
  const done = new Set<string>()
  let failedCount = 0
  let lookCount = 0
  let left = known
  for (;;) {
    const reasons = new Map<string, string>()
    let isTimeout = false
    const fail = (id: string, attempted: string, thrown: unknown): void => {
      isTimeout ||= thrown instanceof FlotillaError && thrown.code === 'timeout'
      const error = problems.failed(id === '' ? 'list-failed' : 'terminate-failed', id, attempted, thrown)
      const isSaid = id !== '' || error.message.startsWith(attempted)
      reasons.set(id, isSaid ? error.message : `${attempted}: ${error.message}`)
    }
    try {
      left = await listGroup(backend, group, {
        clock,
        timeoutMs: timeouts.listMs,
        what: `list group ${group}`,
      })
      problems.over('list-failed', '')
      for (const { token } of left) unseen.delete(token)
    } catch (error) {
      fail('', `list group ${group}`, error)
    }
    const ids = left.filter((instance) => !isProtected(instance)).map(({ id }) => id)
    if (ids.length > 0) {
      try {
        const report = await withDeadline((signal) => backend.terminate(group, ids, { signal }), {
          clock,
          timeoutMs: timeouts.terminateMs,
          what: `terminate all of ${group}`,
        })
        for (const { id, error } of report.failed) fail(id, `terminate ${id}`, error)
        for (const id of report.done) {
          problems.over('terminate-failed', id)
          if (done.has(id)) reasons.set(id, 'it was reported as ended, and is listed all the same')
          done.add(id)
        }
        const over = new Set(report.done)
        left = left.filter(({ id }) => !over.has(id))
      } catch (error) {
        for (const id of ids) fail(id, `terminate all of ${group}`, error)
      }
    }
    if (reasons.size > 0) {
      const waitMs = retryMs[failedCount]
      // What did not answer within its bound was asked for long enough.
      if (waitMs === undefined || isTimeout) return { instances: left, reasons }
      failedCount += 1
      await clock.sleep(waitMs)
      continue
    }
    if (ids.length > 0) continue
    const waitMs = unseen.size > 0 ? lookMs[lookCount] : undefined
    if (waitMs === undefined) {
      const open = unsettled()
      for (const token of unseen) {
        if (open.has(token)) reasons.set(`${group}-${token}`, lateWords)
        else if (unlisted.has(token)) reasons.set(`${group}-${token}`, unlistedWords)
      }
      return { instances: left, reasons }
    }
    lookCount += 1
    await clock.sleep(waitMs)
  }
}

const lateWords = 'its launch has not answered, and its machine may still appear'
const unlistedWords = 'its launch succeeded, and no list shows its machine, which may run'

/** Ends what exists for a group beside its machines. Gives what could not be ended, and why. */
export async function endBeside(
  { group, backend, clock, timeouts }: FullOptions,
  problems: Problems,
): Promise<ReadonlyMap<string, string>> {
  if (backend.endGroup === undefined) return new Map()
  const end = backend.endGroup.bind(backend)
  const what = `end what ${group} has beside its machines`
  try {
    const { failed } = await withDeadline((signal) => end(group, { signal }), {
      clock,
      timeoutMs: timeouts.terminateMs,
      what,
    })
    for (const { id, error } of failed) problems.failed('terminate-failed', id, `end ${id}`, error)
    return new Map(failed.map(({ id, error }) => [id, error.message]))
  } catch (error) {
    problems.failed('terminate-failed', '', what, error)
    return new Map([[what, messageOf(error)]])
  }
}
