import type { InstanceStatus } from '@flotilla/core'
import type { DomainState } from '@flotilla/libvirt'
import type { LastWord } from './event-words.js'

/** A status with its reason, where there is one. */
export interface MachineStatus {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
}

/** What we know of a domain beside its state. */
export interface OwnFacts {
  /** This program is launching it at this moment. */
  readonly isLaunching: boolean
  /** Another controller may still be launching it. */
  readonly isYoung: boolean
  /** Why its launch failed, when this program launched it and it will not come up any more. */
  readonly brokenOff: string | undefined
  /** What an event told of its end. */
  readonly lastWord: LastWord | undefined
}

/** Why a domain is shut off. Source: virDomainShutoffReason. */
const shutoffReasons: readonly (readonly [status: InstanceStatus, reason: string])[] = [
  ['stopped', 'it was never started, or libvirt no longer knows how it stopped'],
  ['stopped', 'it was powered off, from inside or by a request to its guest'],
  ['stopped', 'somebody destroyed it'],
  ['failed', 'it crashed: the guest panicked, or QEMU died'],
  ['stopped', 'it was migrated away'],
  ['stopped', 'it was saved to a file'],
  ['failed', 'QEMU failed to start it'],
  ['stopped', 'it was taken back to a snapshot'],
  ['stopped', 'libvirtd stopped it'],
]

/** VIR_DOMAIN_PAUSED_*: what paused it. */
const pausedReasons: Readonly<Record<number, string>> = {
  1: 'somebody suspended it',
  2: 'it is being migrated',
  3: 'it is being saved',
  5: 'its disk fails: is the storage full?',
  6: 'its watchdog paused it',
  8: 'it is shutting down',
  10: 'the guest panicked',
  11: 'it is being started',
}

/** VIR_DOMAIN_SHUTOFF_UNKNOWN and _SHUTDOWN, PAUSED_STARTING_UP, PAUSED_CRASHED. */
const neverStarted = 0
const poweredOff = 1
const startingUp = 11
const pausedCrashed = 10

/** A domain's state as the model has it. */
export function statusOf({ state, reason }: DomainState, own: OwnFacts): MachineStatus {
  switch (state) {
    case 'running':
    case 'blocked':
      return { status: 'running' }
    case 'paused':
      if (own.isLaunching || reason === startingUp) return { status: 'pending' }
      if (reason === pausedCrashed) return { status: 'failed', statusReason: 'the guest panicked' }
      return { status: 'paused', statusReason: pausedReasons[reason] ?? 'it is paused' }
    case 'pmsuspended':
      return { status: 'paused', statusReason: 'the guest sleeps' }
    case 'shutdown':
      // Its guest is gone; QEMU follows.
      return own.lastWord?.end === 'powered-off-by-guest'
        ? { status: 'stopped', statusReason: own.lastWord.text }
        : { status: 'stopping', statusReason: 'it is shutting down' }
    case 'shutoff':
      return own.isLaunching ? { status: 'pending' } : shutOff(reason, own)
    case 'crashed':
      return { status: 'failed', statusReason: crashText(own) ?? 'it crashed' }
    case 'nostate':
      return { status: own.isLaunching ? 'pending' : 'unknown' }
  }
}

function shutOff(reason: number, own: OwnFacts): MachineStatus {
  const { lastWord, brokenOff, isYoung } = own
  // One that was heard of has run, also where libvirtd was started anew since and no longer knows.
  if (reason === neverStarted && lastWord !== undefined) {
    return { status: lastWord.end === 'crashed' ? 'failed' : 'stopped', statusReason: lastWord.text }
  }
  if (reason === neverStarted && brokenOff !== undefined) {
    return { status: 'failed', statusReason: `its launch broke off: ${brokenOff}` }
  }
  if (reason === neverStarted && isYoung) return { status: 'pending' }
  const [status, why] = shutoffReasons[reason] ?? ['stopped', `libvirt gives reason ${reason}`]
  if (status === 'failed') return { status, statusReason: crashText(own) ?? why }
  const isOff = reason === poweredOff && lastWord !== undefined && lastWord.end !== 'crashed'
  return { status, statusReason: isOff ? lastWord.text : why }
}

const crashText = ({ lastWord }: OwnFacts): string | undefined =>
  lastWord?.end === 'crashed' ? lastWord.text : undefined

/** Whether QEMU runs for it, be it frozen. */
export function isActive({ state }: DomainState): boolean {
  switch (state) {
    case 'running':
    case 'blocked':
    case 'paused':
    case 'pmsuspended':
    case 'shutdown':
      return true
    case 'shutoff':
    case 'crashed':
    case 'nostate':
      return false
  }
}
