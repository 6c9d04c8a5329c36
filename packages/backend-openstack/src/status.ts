import type { InstanceStatus } from '@flotilla/core'
import type { Server } from '@flotilla/openstack-client'

export interface StatusInWords {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
}

/** How long a server has been in BUILD by our own clock, because the cloud's may be wrong, and how long it may be. */
export interface BuildTime {
  readonly buildMs: number
  readonly buildTimeoutMs: number
}

/** Translates Nova's status and task of a server. */
export function statusOf(
  server: Pick<Server, 'status' | 'taskState' | 'isDeleting' | 'fault'>,
  { buildMs, buildTimeoutMs }: BuildTime,
): StatusInWords {
  const { status, taskState, isDeleting, fault } = server
  if (isDeleting) return { status: 'stopping', statusReason: 'Nova is deleting it' }
  switch (status) {
    case 'BUILD': {
      if (buildMs <= buildTimeoutMs) return { status: 'pending', statusReason: taskState }
      return { status: 'failed', statusReason: `still in BUILD after ${Math.round(buildMs / 1000)} s` }
    }
    case 'ACTIVE':
      return { status: 'running', statusReason: taskState }
    case 'REBOOT':
    case 'HARD_REBOOT':
      return { status: 'running', statusReason: 'it is being rebooted' }
    case 'RESCUE':
      return { status: 'running', statusReason: 'it is in rescue mode' }
    case 'PASSWORD':
    case 'MIGRATING':
    case 'RESIZE':
    case 'VERIFY_RESIZE':
    case 'REVERT_RESIZE':
      return { status: 'running', statusReason: `Nova calls it ${status}` }
    case 'REBUILD':
      return { status: 'pending', statusReason: 'it is being rebuilt' }
    case 'PAUSED':
    case 'SUSPENDED':
      return { status: 'paused', statusReason: `Nova calls it ${status}` }
    case 'SHUTOFF':
      if (taskState === 'powering-on') return { status: 'pending', statusReason: taskState }
      return { status: 'stopped', statusReason: 'powered off' }
    case 'SHELVED':
    case 'SHELVED_OFFLOADED':
      if (taskState !== undefined && taskState !== 'shelving_offloading')
        return { status: 'pending', statusReason: taskState }
      return { status: 'stopped', statusReason: 'shelved' }
    case 'ERROR':
      return { status: 'failed', statusReason: fault?.message ?? 'Nova shows no fault' }
    case 'SOFT_DELETED':
    case 'DELETED':
      return { status: 'stopping', statusReason: 'Nova has deleted it' }
    default:
      return { status: 'unknown', statusReason: `Nova calls it ${status}` }
  }
}
