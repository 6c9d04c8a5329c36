import type { LifecycleEvent } from '@flotilla/libvirt'

type DomainEvent = Extract<LifecycleEvent, { kind: 'lifecycle' }>

/** VIR_DOMAIN_EVENT_STOPPED_*. */
const stopped: Readonly<Record<number, string>> = {
  0: 'powered off',
  1: 'destroyed by somebody',
  2: 'crashed: the guest panicked',
  3: 'stopped: migrated away',
  4: 'stopped: saved to a file',
  5: 'failed: QEMU crashed or was killed',
  6: 'stopped: taken back to a snapshot',
}

/** VIR_DOMAIN_EVENT_SHUTDOWN_GUEST and _HOST. */
const shutDown: Readonly<Record<number, string>> = {
  1: 'powered off by the guest',
  2: 'shutting down: QEMU was told to quit',
}

/** VIR_DOMAIN_EVENT_SUSPENDED_*: what else than a request may freeze it. */
const suspended: Readonly<Record<number, string>> = {
  2: 'paused: its disk fails',
  3: 'paused by its watchdog',
}

/** An event in words. */
export function eventWords({ event, detail }: Pick<DomainEvent, 'event' | 'detail'>): string {
  switch (event) {
    case 'defined':
      return 'defined'
    case 'undefined':
      return 'removed'
    case 'started':
      return 'started'
    case 'suspended':
      return suspended[detail] ?? 'paused'
    case 'resumed':
      return 'goes on after a pause'
    case 'stopped':
      return stopped[detail] ?? `stopped (${detail})`
    case 'shutdown':
      return shutDown[detail] ?? 'shutting down'
    case 'pmsuspended':
      return 'sleeps'
    case 'crashed':
      return 'the guest panicked'
    case 'unknown':
      return `changed in a way not known here (${detail})`
  }
}

/** How a machine ended, by an event: its state afterwards does not say it. */
export interface LastWord {
  readonly end: 'crashed' | 'powered-off-by-guest' | 'quit'
  readonly text: string
}

/** VIR_DOMAIN_EVENT_STOPPED_FAILED. */
const stoppedFailed = 5

/**
 * Undefined for one that tells of no end. libvirt calls a panic a crash; a guest that was asked to power off does so
 * itself.
 */
export function lastWordOf({ event, detail }: Pick<DomainEvent, 'event' | 'detail'>): LastWord | undefined {
  if (event === 'crashed') return { end: 'crashed', text: 'the guest panicked' }
  if (event === 'stopped' && detail === stoppedFailed) {
    return { end: 'crashed', text: 'QEMU crashed or was killed' }
  }
  if (event !== 'shutdown') return undefined
  if (detail === 1) return { end: 'powered-off-by-guest', text: 'powered off by the guest' }
  return detail === 2 ? { end: 'quit', text: 'QEMU was told to quit, by a signal on its host' } : undefined
}
