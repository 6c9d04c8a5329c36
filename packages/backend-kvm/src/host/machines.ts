import { isActive } from '../status.js'
import type { Machine } from './host.js'

/** When it became an instance: one of the warm pool was made before. */
export function startedAt({
  createdAt,
  claimedAt,
}: {
  readonly createdAt: number
  readonly claimedAt?: number | undefined
}): number {
  return claimedAt ?? createdAt
}

/** Whether a machine is of this backend's scope and this group. */
export function isOfGroup({ owner }: Machine, scope: string, group: string): boolean {
  return owner.scope === scope && owner.group === group
}

/** Whether it was ended, and is defined only because something of it must stay. */
export function isEnded({ owner }: Pick<Machine, 'owner'>): boolean {
  return owner.endedAt !== undefined
}

/** VIR_DOMAIN_SHUTOFF_MIGRATED. */
const shutoffMigrated = 4

/** Whether it was migrated away: the disks that it names belong to the machine that runs elsewhere. */
export function isAway({ owner, state }: Pick<Machine, 'owner' | 'state'>): boolean {
  if (isActive(state)) return false
  return owner.migratedAt !== undefined || (state.state === 'shutoff' && state.reason === shutoffMigrated)
}

/**
 * Of several machines with one token, the one that counts: a running one before the others, then the newest, since a launch
 * that gives up on one hypervisor makes its machine on the next one later.
 */
export function newestOf(machines: readonly Machine[]): Machine | undefined {
  return machines.reduce<Machine | undefined>(
    (newest, machine) => (newest === undefined || isNewer(machine, newest) ? machine : newest),
    undefined,
  )
}

const isRunning = ({ state }: Machine): boolean => state.state === 'running'

function isNewer(one: Machine, other: Machine): boolean {
  if (isActive(one.state) !== isActive(other.state)) return isActive(one.state)
  if (isAway(one) !== isAway(other)) return !isAway(one)
  // During a migration the machine is paused on its new hypervisor until it runs there.
  if (one.ref.uuid === other.ref.uuid && isRunning(one) !== isRunning(other)) return isRunning(one)
  const [a, b] = [startedAt(one.owner), startedAt(other.owner)]
  return a === b ? one.ref.uuid > other.ref.uuid : a > b
}

/** Says what a person may do about a machine that was migrated away. */
export function awayText({ host, ref }: Machine): string {
  return (
    `${ref.name} was migrated away from ${host.label}, and no hypervisor that is listed has it: it may run elsewhere on the same ` +
    `disk, so nothing of it is removed. List that hypervisor too; or if it is gone for good: virsh undefine ${ref.name}, and ` +
    'remove its disk by hand'
  )
}
