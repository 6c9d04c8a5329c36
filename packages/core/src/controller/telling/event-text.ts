import type { AutoscalerEvents } from './events.js'

/** What an event says, in one sentence: for the log of the program and for that of decisions. */
export const eventText = {
  instance: ({ instance, from, to, reason }: AutoscalerEvents['instance']): string =>
    `${instance.name} ${from ?? 'new'} -> ${to}: ${reason}`,
  recovered: ({ kind, about }: AutoscalerEvents['recovered']): string =>
    `recovered: ${kind}${about === '' ? '' : ` of ${about}`}`,
  backoff: ({ until }: AutoscalerEvents['backoff']): string =>
    `launches wait until ${new Date(until).toISOString()}`,
  paused: ({ processes }: AutoscalerEvents['paused']): string => `paused: ${processes.join(', ')}`,
  resumed: ({ processes }: AutoscalerEvents['resumed']): string => `resumed: ${processes.join(', ')}`,
} as const
