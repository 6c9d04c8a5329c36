import type { Instance, TrackedInstance } from '../../model.js'

/** An instance as everybody may see it, without the controller's own bookkeeping. */
export function shownInstance(member: TrackedInstance): TrackedInstance {
  const { state, stateSince, readyAt, isProtected } = member
  const ready = readyAt === undefined ? {} : { readyAt }
  return { ...plainInstance(member), state, stateSince, ...ready, isProtected }
}

/** What the backend says of it, and nothing else. */
export function plainInstance(instance: Instance): Instance {
  const { id, group, token, name, status, createdAt } = instance
  const { statusReason, impaired, address, zone, templateHash } = instance
  const optional = { statusReason, impaired, address, zone, templateHash }
  const known = Object.entries(optional).filter(([, value]) => value !== undefined)
  return { id, group, token, name, status, createdAt, ...Object.fromEntries(known) }
}
