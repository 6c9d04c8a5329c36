import type { InstanceStatus } from '@flotilla/core'
import type { DiskError, DomainState } from '@flotilla/libvirt'
import type { LastWord } from './host/event-words.js'

/** A status with its reason, where there is one. */
export interface MachineStatus {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
  /** Why it cannot serve although QEMU runs. */
  readonly impaired?: string | undefined
}

/** Facts about a domain beside its state. */
export interface OwnFacts {
  /** This program is launching it at this moment. */
  readonly isLaunching: boolean
  /** Another controller may still be launching it. */
  readonly isYoung: boolean
  /** Why its launch failed, when this program launched it and it will not come up any more. */
  readonly brokenOff: string | undefined
  /** How it ended, by an event. */
  readonly lastWord: LastWord | undefined
  /** The disks that failed, and how. */
  readonly diskErrors?: readonly DiskError[] | undefined
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

/** VIR_DOMAIN_PAUSED_*: what paused it, and libvirt's own word for that. */
const pausedReasons: readonly (readonly [reason: string, word: string])[] = [
  ['it is paused', 'unknown'],
  ['somebody suspended it', 'user'],
  ['it is being migrated', 'migrating'],
  ['it is being saved', 'saving'],
  ['it is being dumped', 'dumping'],
  ['its disk fails', 'I/O error'],
  ['its watchdog paused it', 'watchdog'],
  ['it was taken back to a snapshot', 'from snapshot'],
  ['it is shutting down', 'shutting down'],
  ['a snapshot of it is taken', 'creating snapshot'],
  ['the guest panicked', 'crashed'],
  ['it is being started', 'starting up'],
  ['it is being migrated', 'post-copy'],
  ['its migration failed', 'post-copy failed'],
  ['libvirt failed to let it go on', 'api error'],
]

/** VIR_DOMAIN_SHUTOFF_UNKNOWN and _SHUTDOWN, PAUSED_IOERROR, PAUSED_STARTING_UP, PAUSED_CRASHED. */
const neverStarted = 0
export const pausedByDisk = 5
const poweredOff = 1
const startingUp = 11
const pausedCrashed = 10

/** A domain's state as the model has it. */
export function statusOf({ state, reason }: DomainState, own: OwnFacts): MachineStatus {
  switch (state) {
    case 'running':
      return { status: 'running' }
    case 'blocked':
      return { status: 'running', statusReason: 'libvirt calls it blocked: it waits for something' }
    case 'paused':
      if (own.isLaunching || reason === startingUp) return { status: 'pending' }
      if (reason === pausedCrashed) return { status: 'failed', statusReason: 'the guest panicked' }
      return impaired(pausedText(reason, own))
    case 'pmsuspended':
      return impaired('the guest sleeps (libvirt: pmsuspended)')
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

const impaired = (why: string): MachineStatus => ({ status: 'paused', statusReason: why, impaired: why })

function pausedText(reason: number, { diskErrors = [] }: OwnFacts): string {
  const [why, word] = pausedReasons[reason] ?? ['it is paused', `reason ${reason}`]
  const disks = diskErrors.map(({ disk, error }) => `${disk}: ${diskErrorWords[error]}`)
  return `${why}${disks.length === 0 ? '' : ` (${disks.join(', ')})`} (libvirt: paused, ${word})`
}

const diskErrorWords: Readonly<Record<DiskError['error'], string>> = {
  'no-space': 'no space left on the storage',
  unspecified: 'an I/O error',
  unknown: 'an error',
}

function shutOff(reason: number, own: OwnFacts): MachineStatus {
  const { lastWord, brokenOff, isYoung } = own
  // An event of its end proves that it ran, also where libvirtd was restarted since and no longer knows.
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
