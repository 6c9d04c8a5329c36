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
