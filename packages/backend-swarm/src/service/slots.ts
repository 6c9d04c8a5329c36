import type { InstanceStatus } from '@flotilla/core'
import { groupBy } from '@flotilla/core/authoring'
import type { ServiceSpec, Task } from '../manager/swarm-api.js'

/** One place of a service, with the task that counts in it. */
export interface Slot {
  readonly number: number
  readonly task: Task
  /** Why the task before it ended, where Swarm says. */
  readonly lastError?: string | undefined
}

/**
 * The places that count as the service's replicas, lowest first, by Swarm's own rule: those with a task that shall run,
 * and those whose last task has ended and is not to be restarted. A place that Swarm is giving up, or has given up and
 * only remembers, does not.
 */
export function slotsOf(tasks: readonly Task[], spec: ServiceSpec): readonly Slot[] {
  const kept = tasks.filter(({ Slot: slot, DesiredState }) => slot !== undefined && DesiredState !== 'remove')
  return [...groupBy(kept, ({ Slot: slot = 0 }) => slot)]
    .flatMap(([number, inOrder]): readonly Slot[] => {
      const [task, before] = inOrder.toSorted((a, b) => (isAhead(a, b) ? -1 : 1))
      if (task === undefined || !(shallRun(task) || staysEnded(task, spec))) return []
      return [{ number, task, lastError: before?.Status.Err === '' ? undefined : before?.Status.Err }]
    })
    .toSorted((a, b) => a.number - b.number)
}

const shallRun = ({ DesiredState }: Task): boolean => DesiredState !== 'shutdown' && DesiredState !== 'remove'

/** Whether Swarm starts no other task in the place of one that has ended. */
function staysEnded({ Status }: Task, { TaskTemplate }: ServiceSpec): boolean {
  const policy = (TaskTemplate?.['RestartPolicy'] ?? {}) as { Condition?: string; MaxAttempts?: number }
  const { Condition = 'any', MaxAttempts = 0 } = policy
  switch (Condition) {
    case 'none':
      return true
    case 'on-failure':
      return Status.State === 'complete' || MaxAttempts > 0
    default:
      return MaxAttempts > 0
  }
}

/** Tasks follow each other in a place: one that shall run counts before one that shall not, then the newer one. */
function isAhead(task: Task, other: Task): boolean {
  return shallRun(task) === shallRun(other) ? task.CreatedAt > other.CreatedAt : shallRun(task)
}

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
