import type { Clock } from '../../clock.js'
import type { DecisionRecorder } from '../../decide/log/decision-log.js'
import { eventText } from './event-text.js'
import type { Events } from './events.js'

/**
 * Gives a recorder every decision of a group, and then what came of it: launches, terminations with why it was these,
 * failures, backoff. It is told until the next decision is made.
 */
export function recordDecisions(
  events: Events,
  recorder: DecisionRecorder,
  group: string,
  clock: Clock,
): void {
  const note = (what: string): void => recorder.note(group, { at: clock.now(), what })
  events.on('decision', (trace) => recorder.record(trace))
  events.on('instance', (event) => note(eventText.instance(event)))
  events.on('problem', ({ kind, message }) => note(`${kind}: ${message}`))
  events.on('recovered', (event) => note(eventText.recovered(event)))
  events.on('backoff', (event) => note(eventText.backoff(event)))
  events.on('paused', (event) => note(eventText.paused(event)))
  events.on('resumed', (event) => note(eventText.resumed(event)))
}
