import type { Logger } from '../logger.js'
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
  events.on('instance', ({ instance, from, to, reason }) => {
    const line = `${instance.name} ${from ?? 'new'} -> ${to}: ${reason}`
    logger[to === 'failed' ? 'warn' : 'info']({ group, instanceId: instance.id, from, to }, line)
  })
  events.on('problem', ({ kind, about, message, error }) => {
    logger.warn({ group, kind, about, code: error?.code }, message)
  })
  events.on('recovered', ({ kind, about }) => {
    logger.info({ group, kind, about }, `recovered: ${kind}${about === '' ? '' : ` of ${about}`}`)
  })
  events.on('backoff', ({ failures, until }) => {
    logger.info({ group, failures, until }, `launches wait until ${new Date(until).toISOString()}`)
  })
  events.on('paused', ({ processes }) => logger.info({ group, processes }, `paused: ${processes.join(', ')}`))
  events.on('resumed', ({ processes }) =>
    logger.info({ group, processes }, `resumed: ${processes.join(', ')}`),
  )
  events.on('tick', (tick) => logger.debug({ group, ...tick }, `tick took ${Math.round(tick.durationMs)} ms`))
  events.on('stopped', ({ leftCount }) => {
    logger.info({ group, leftCount }, `stopped; ${leftCount} instances are left`)
  })
}
