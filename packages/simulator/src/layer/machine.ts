import type { TrackedInstance } from '@flotilla/core'

/** One simulated instance. Times are whole seconds since the start of the replay. */
export interface Machine {
  readonly id: string
  readonly launchedAt: number
  state: 'launching' | 'in-service' | 'draining'
  stateSince: number
  /** When it will be ready, or fail. */
  readonly readyAt: number
  readonly fails: boolean
  /** When it will be at full speed. */
  readonly warmAt: number
  /** When it will be gone; Infinity while it stays. */
  goneAt: number
}

/** The machine as policies see it. */
export function trackedOf(machine: Machine, group: string, startAt: number): TrackedInstance {
  const at = (second: number): number => startAt + second * 1000
  const { id, launchedAt, readyAt, state, stateSince } = machine
  const isReady = state !== 'launching'
  return {
    id,
    group,
    token: id,
    name: id,
    status: isReady ? 'running' : 'pending',
    createdAt: at(launchedAt),
    state,
    stateSince: at(stateSince),
    ...(isReady ? { readyAt: at(readyAt) } : {}),
    isProtected: false,
  }
}
