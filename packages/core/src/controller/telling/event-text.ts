import type { AutoscalerEvents } from './events.js'

/** What an event says, in one sentence: for the log of the program and for that of decisions. */
export const eventText = {
  instance: ({ instance, from, to, reason }: AutoscalerEvents['instance']): string =>
    `${instance.name} ${from ?? 'new'} -> ${to}: ${reason}`,
  recovered: ({ kind, about, reason }: AutoscalerEvents['recovered']): string => {
    const problem = `${kind}${about === '' ? '' : ` of ${about}`}`
    return reason === undefined ? `recovered: ${problem}` : `over: ${problem}: ${reason}`
  },
  backoff: ({ until }: AutoscalerEvents['backoff']): string =>
    `launches wait until ${new Date(until).toISOString()}`,
  paused: ({ processes }: AutoscalerEvents['paused']): string => `paused: ${processes.join(', ')}`,
  resumed: ({ processes }: AutoscalerEvents['resumed']): string => `resumed: ${processes.join(', ')}`,
} as const
