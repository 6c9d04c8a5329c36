import type { Backend } from '../../backend.js'
import type { Clock } from '../../clock.js'
import { withDeadline } from '../../async/deadline.js'
import { inParallel } from '../../async/in-parallel.js'
import type { Instance } from '../../model.js'
import { lastLines } from '../../authoring/last-lines.js'
import type { Advanced, LifecycleChange } from '../life/advance.js'

export interface LastWordsOptions {
  readonly backend: Backend
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** All that is asked in one pass takes no longer: what it says must not keep others from taking its place. */
const mostMs = 1000
/** When many fail at once, they mostly say the same. */
const mostAsked = 5
const bounds = { maxLines: 5, maxLength: 500 }

/**
 * With the last lines that each failed instance wrote in its reason: asked once, before it is ended, as they go with it.
 * What cannot be had in a moment is left out.
 */
export async function withLastWords(advanced: Advanced, options: LastWordsOptions): Promise<Advanced> {
  const { backend } = options
  const failed = advanced.changes.filter(({ to }) => to === 'failed').slice(0, mostAsked)
  if (failed.length === 0 || backend.lastOutput === undefined) return advanced
  const said = new Map<string, string>()
  await inParallel(failed, mostAsked, async ({ instance }) => {
    const words = await lastWordsOf(instance, options)
    if (words !== undefined) said.set(instance.id, words)
  })
  if (said.size === 0) return advanced
  const members = new Map(advanced.state.members)
  const changes = advanced.changes.map((change): LifecycleChange => {
    const words = said.get(change.instance.id)
    if (change.to !== 'failed' || words === undefined || isIn(change.reason, words)) return change
    const between = isEnded(change.instance) ? ': ' : '; it wrote last: '
    const reason = `${change.reason}${between}${words}`
    const member = members.get(change.instance.id)
    if (member !== undefined) members.set(member.id, { ...member, reason })
    return { ...change, reason }
  })
  return { ...advanced, changes, state: { ...advanced.state, members } }
}

async function lastWordsOf(
  instance: Instance,
  { backend, clock, signal }: LastWordsOptions,
): Promise<string | undefined> {
  try {
    const output = await withDeadline(async (inner) => backend.lastOutput?.(instance, { signal: inner }), {
      clock,
      timeoutMs: mostMs,
      what: `read the last output of ${instance.name}`,
      signal,
    })
    // The backend's is bounded and without secrets already, when it keeps its promise.
    const lines = output === undefined ? undefined : lastLines(output, bounds)
    return lines?.replaceAll('\n', ' | ')
  } catch {
    signal.throwIfAborted()
    return undefined
  }
}

/** Its last words are why it ended; of one that still runs they may be about anything. */
const isEnded = ({ status }: Instance): boolean => status === 'stopped' || status === 'failed'

/** Some backends say the last words in the status itself. */
const isIn = (reason: string, words: string): boolean => reason.includes(words.slice(-80))
