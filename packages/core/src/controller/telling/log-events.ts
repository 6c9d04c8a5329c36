import type { Logger } from '../../logger.js'
import { eventText } from './event-text.js'
import type { Events } from './events.js'

/** Writes every event to a logger, in one sentence each with its facts as fields. */
export function logEvents(events: Events, logger: Logger, group: string): void {
  events.on('started', ({ adoptedCount }) => {
    logger.info({ group, adoptedCount }, `started with ${adoptedCount} instances found`)
  })
  events.on('decision', (trace) => {
    const { current, desired, outcome, reason, limitedBy } = trace
    logger.debug({ group, current, desired, outcome, limitedBy }, `${outcome} at ${desired}: ${reason}`)
  })
  events.on('scaled', ({ from, to, reason }) => {
    logger.info({ group, from, to }, `scaled ${from} -> ${to}: ${reason}`)
  })
  events.on('instance', (event) => {
    const { instance, from, to } = event
    const facts = { group, instanceId: instance.id, from, to }
    logger[to === 'failed' ? 'warn' : 'info'](facts, eventText.instance(event))
  })
  events.on('problem', ({ kind, about, message, error }) => {
    logger.warn({ group, kind, about, code: error?.code }, message)
  })
  events.on('recovered', (event) => {
    logger.info({ group, kind: event.kind, about: event.about }, eventText.recovered(event))
  })
  events.on('backoff', (event) => {
    logger.info({ group, failures: event.failures, until: event.until }, eventText.backoff(event))
  })
  events.on('paused', (event) => logger.info({ group, processes: event.processes }, eventText.paused(event)))
  events.on('resumed', (event) =>
    logger.info({ group, processes: event.processes }, eventText.resumed(event)),
  )
  events.on('tick', (tick) => logger.debug({ group, ...tick }, `tick took ${Math.round(tick.durationMs)} ms`))
  events.on('stopped', ({ leftCount }) => {
    logger.info({ group, leftCount }, `stopped; ${leftCount} instances are left`)
  })
}
