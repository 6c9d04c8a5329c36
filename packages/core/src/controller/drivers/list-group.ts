import type { Backend } from '../../backend.js'
import { type Deadline, withDeadline } from '../../async/deadline.js'
import { FlotillaError } from '../../errors.js'
import type { Instance } from '../../model.js'

/**
 * What exists of a group: each machine once, and none of another group, whatever the backend answers. What is listed may be
 * ended.
 *
 * @throws FlotillaError `timeout`; `unknown` for what is no list of instances; the backend's own error
 */
export async function listGroup(
  backend: Backend,
  group: string,
  deadline: Deadline,
): Promise<readonly Instance[]> {
  const listed: unknown = await withDeadline((signal) => backend.list(group, { signal }), deadline)
  if (!Array.isArray(listed) || !listed.every(isInstance)) {
    throw new FlotillaError('unknown', `${deadline.what}: the backend answered what is no list of instances`)
  }
  const own = listed.filter((instance) => instance.group === group)
  return [...new Map(own.map((instance) => [instance.id, instance])).values()]
}

/** Whether what a backend answered can be taken for a machine. */
export const isInstance = (value: unknown): value is Instance =>
  typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
