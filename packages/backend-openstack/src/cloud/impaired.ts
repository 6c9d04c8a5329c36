import type { Server } from '@flotilla/openstack-client'

type Seen = Pick<Server, 'status' | 'taskState' | 'powerState' | 'isDeleting' | 'raw'>

/** Nova's numbers for what its hypervisor says of the guest. */
const powerStates: Readonly<Record<number, string>> = {
  3: 'paused',
  4: 'shut down',
  6: 'crashed',
  7: 'suspended',
}

/** What is being done to it takes the guest away from its clients. */
const awayTasks =
  /^(pausing|suspending|powering-off|rescuing|shelving|shelving_.*|reboot.*|rebuild.*|resize_(prep|migrating|finish|migrated|reverting))$/

/**
 * Why a server cannot serve although it is there, in Nova's words; undefined when Nova says nothing against it.
 *
 * That its host does not report (`UNKNOWN`) is none: a control plane in trouble says that of every host, and the guests run on.
 */
export function impairedOf({ status, taskState, powerState, isDeleting, raw }: Seen): string | undefined {
  if (isDeleting) return undefined
  switch (status) {
    case 'PAUSED':
      return 'it is paused; unpause it'
    case 'SUSPENDED':
      return 'it is suspended; resume it'
    case 'RESCUE':
      return 'it is in rescue mode; unrescue it'
    case 'REBOOT':
    case 'HARD_REBOOT':
      return 'it is being rebooted'
    case 'RESIZE':
    case 'REVERT_RESIZE':
      return `Nova calls it ${status}`
    case 'ACTIVE':
      break
    default:
      return undefined
  }
  if (taskState !== undefined && awayTasks.test(taskState)) return `Nova is ${taskState.replaceAll('_', ' ')}`
  const power = powerState === undefined ? undefined : powerStates[powerState]
  if (power !== undefined && taskState === undefined) return `its hypervisor says that it is ${power}`
  return hostStatus(raw) === 'DOWN' ? 'its host is marked as down' : undefined
}

/** What of its host an admin is shown; undefined for everybody else, and when nothing is wrong with it. */
export function hostReason(raw: Server['raw']): string | undefined {
  switch (hostStatus(raw)) {
    case 'UNKNOWN':
      return 'its host does not report to Nova'
    case 'MAINTENANCE':
      return 'its host takes no new servers'
    default:
      return undefined
  }
}

const hostStatus = (raw: Server['raw']): string => {
  const value = raw['host_status']
  return typeof value === 'string' ? value : ''
}
