import type { LifecycleState, Observation, Reading, TrackedInstance, Unit } from '../src/index.js'
import { ReadingSet } from '../src/authoring.js'

export const at = Date.UTC(2026, 0, 1)

export function instance(id: string, state: LifecycleState = 'in-service'): TrackedInstance {
  return {
    id,
    group: 'web',
    token: id,
    name: id,
    // What is launching here is still being made, as a Kubernetes pod that is Pending.
    status: state === 'launching' ? 'pending' : 'running',
    createdAt: at,
    state,
    stateSince: at,
    isProtected: false,
  }
}

/** A group of `ready` instances in service and others coming, named i1, i2, … */
export function observe(desired: number, ready: number, coming = 0): Observation {
  const instances = Array.from({ length: ready + coming }, (_, index) =>
    instance(`i${index + 1}`, index < ready ? 'in-service' : 'launching'),
  )
  return { group: 'web', at, desired, instances }
}

/** One reading per instance; undefined is absent. */
export function perInstance(
  name: string,
  values: readonly (number | undefined)[],
  unit: Unit = 'ratio',
): Reading[] {
  return values.map((value, index) => {
    const base = { name, unit, at, instanceId: `i${index + 1}` }
    return value === undefined
      ? { ...base, kind: 'absent', reason: 'not there' }
      : { ...base, kind: 'value', value }
  })
}

export function ofGroup(name: string, value: number | undefined, unit: Unit = 'count'): Reading {
  const base = { name, unit, at }
  return value === undefined
    ? { ...base, kind: 'absent', reason: 'not there' }
    : { ...base, kind: 'value', value }
}

export const set = (...readings: readonly Reading[]): ReadingSet => new ReadingSet(readings)
