import type { ServiceSpec, Task } from '../../src/manager/swarm-api.js'

/** A task in a place of a service, as Swarm tells of it. */
export const task = (slot: number, state = 'running', more: Partial<Task> = {}): Task => ({
  ID: `task-${slot}-${state}`,
  CreatedAt: '2026-11-21T22:00:00Z',
  ServiceID: 's',
  Slot: slot,
  NodeID: 'n1',
  DesiredState: 'running',
  Status: { State: state },
  Spec: {},
  ...more,
})

/** A service with these tokens. */
export const spec = (replicas: number, ...tokens: readonly string[]): ServiceSpec => ({
  Name: 'web',
  Labels: Object.fromEntries(tokens.map((token, index) => [`flotilla.token.${token}`, String(1000 + index)])),
  Mode: { Replicated: { Replicas: replicas } },
})
