import type { Server } from '@flotilla/openstack-client'

type ServerState = Pick<Server, 'status' | 'taskState' | 'powerState' | 'isDeleting' | 'raw'>

/** Nova's `power_state`: what the hypervisor says of the guest. */
const powerStates: Readonly<Record<number, string>> = {
  3: 'paused',
  4: 'shut down',
  6: 'crashed',
  7: 'suspended',
}

/** Tasks during which the guest does not serve. */
const awayTasks =
  /^(pausing|suspending|powering-off|rescuing|shelving|shelving_.*|reboot.*|rebuild.*|resize_(prep|migrating|finish|migrated|reverting))$/

/**
 * Why a server cannot serve, from its status, task, power state and host; undefined where none of them says so.
 *
 * A host that does not report (`UNKNOWN`) is no reason: a control plane in trouble says that of every host while the guests
 * go on running.
 */
export function impairedOf({
  status,
  taskState,
  powerState,
  isDeleting,
  raw,
}: ServerState): string | undefined {
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

/** What is wrong with the server's host. Nova shows it to admins only; undefined for others, and for a host in order. */
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
