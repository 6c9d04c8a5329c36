import type { InstanceStatus } from '@flotilla/core'
import type { Task } from './swarm-api.js'

/** One place of a service, with the task that counts in it. */
export interface Slot {
  readonly number: number
  readonly task: Task
}

/** The places that count as the service's replicas, lowest first; a place that Swarm is giving up does not. */
export function slotsOf(tasks: readonly Task[]): readonly Slot[] {
  const bySlot = new Map<number, Task>()
  for (const task of tasks) {
    if (task.Slot === undefined || task.DesiredState === 'remove') continue
    const other = bySlot.get(task.Slot)
    if (other === undefined || isAhead(task, other)) bySlot.set(task.Slot, task)
  }
  return [...bySlot].map(([number, task]) => ({ number, task })).toSorted((a, b) => a.number - b.number)
}

/** Tasks follow each other in a place: one that shall run counts before one that shall not, then the newer one. */
function isAhead(task: Task, other: Task): boolean {
  const [shallRun, otherShallRun] = [task, other].map(({ DesiredState }) => DesiredState !== 'shutdown')
  return shallRun === otherShallRun ? task.CreatedAt > other.CreatedAt : shallRun === true
}

/** A task that Swarm has told to end, and that has not ended. */
export function isEnding({ DesiredState, Status }: Task): boolean {
  const shallEnd = DesiredState === 'remove' || DesiredState === 'shutdown'
  return shallEnd && phaseOf(Status.State) !== 'ended'
}

/** Whether a task has come to its end, by itself or not. */
export function hasEnded({ Status }: Task): boolean {
  return phaseOf(Status.State) === 'ended'
}

export interface TaskStatus {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
}

/** What a task's state means. */
export function taskStatus(task: Task): TaskStatus {
  const { State, Err, ContainerStatus } = task.Status
  const error = Err === undefined || Err === '' ? undefined : Err
  switch (phaseOf(State)) {
    case 'coming':
      return { status: 'pending', statusReason: error }
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
