import type { DecisionRecorder } from './decision-log.js'
import type { Aftermath } from '../trace.js'
import type { DecisionTrace } from '../trace.js'

/** A line of what happened after the last decision of the group. It reads as a decision that saw no metric. */
export interface NoteLine extends Pick<DecisionTrace, 'group' | 'at'> {
  readonly metrics: readonly never[]
  readonly what: Aftermath['what']
}

/** What a log's text held. */
export interface ReplayedDecisions {
  readonly decisionCount: number
  /** Lines that are neither a decision nor a note: half a line at the end, or another file's. */
  readonly unreadableCount: number
}

/**
 * Gives a recorder what `decisionLogFile` wrote: after a restart, or on another machine, a `decisionLog` then answers
 * for the time before.
 *
 * @param text - one file's content, or several's, the oldest first
 */
export function replayDecisions(text: string, recorder: DecisionRecorder): ReplayedDecisions {
  let decisionCount = 0
  let unreadableCount = 0
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const fact = parsed(line)
    if (isNote(fact)) {
      recorder.note(fact.group, { at: fact.at, what: fact.what })
    } else if (isDecision(fact)) {
      recorder.record(fact)
      decisionCount += 1
    } else {
      unreadableCount += 1
    }
  }
  return { decisionCount, unreadableCount }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function isNote(fact: unknown): fact is NoteLine {
  return isOfGroup(fact) && typeof fact['what'] === 'string'
}

function isDecision(fact: unknown): fact is DecisionTrace {
  if (!isOfGroup(fact)) return false
  const areLists = ['metrics', 'policies', 'steps', 'notes'].every((field) => Array.isArray(fact[field]))
  return areLists && Number.isFinite(fact['desired']) && typeof fact['reason'] === 'string'
}

function isOfGroup(fact: unknown): fact is Readonly<Record<string, unknown>> {
  if (typeof fact !== 'object' || fact === null) return false
  const { group, at } = fact as Readonly<Record<string, unknown>>
  return typeof group === 'string' && Number.isFinite(at)
}
