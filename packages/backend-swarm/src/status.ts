import type { InstanceStatus } from '@flotilla/core'
import type { Slot } from './service/slots.js'
import type { Task } from './manager/swarm-api.js'

/** A task that Swarm has told to end, and that has not ended. */
export function isEnding({ DesiredState, Status }: Task): boolean {
  const shallEnd = DesiredState === 'remove' || DesiredState === 'shutdown'
  return shallEnd && phaseOf(Status.State) !== 'ended'
}

export interface TaskStatus {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
}

/** What the state of the task in a place means. */
export function slotStatus({ task, lastError }: Omit<Slot, 'number'>): TaskStatus {
  const { State, Err, ContainerStatus } = task.Status
  const error = Err === undefined || Err === '' ? undefined : Err
  switch (phaseOf(State)) {
    case 'coming':
      return {
        status: 'pending',
        statusReason: error ?? (lastError === undefined ? undefined : `after ${lastError}`),
      }
    case 'running':
      return isEnding(task)
        ? { status: 'stopping', statusReason: 'Swarm is stopping it' }
        : { status: 'running' }
    case 'ended':
      if (State === 'rejected' || State === 'orphaned' || State === 'remove') {
        return { status: 'failed', statusReason: `${State}${error === undefined ? '' : `: ${error}`}` }
      }
      return {
        status: 'stopped',
        statusReason: error ?? `exited with code ${ContainerStatus?.ExitCode ?? 'unknown'}`,
      }
    case 'unknown':
      return { status: 'unknown', statusReason: `Swarm calls it ${State}` }
  }
}

/** Swarm's states, which a task passes in one direction only. */
function phaseOf(state: string): 'coming' | 'running' | 'ended' | 'unknown' {
  switch (state) {
    case 'new':
    case 'allocated':
    case 'pending':
    case 'assigned':
    case 'accepted':
    case 'preparing':
    case 'ready':
    case 'starting':
      return 'coming'
    case 'running':
      return 'running'
    case 'complete':
    case 'shutdown':
    case 'failed':
    case 'rejected':
    case 'remove':
    case 'orphaned':
      return 'ended'
    default:
      return 'unknown'
  }
}
