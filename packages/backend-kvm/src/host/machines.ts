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

/** One that was ended, and is there only because something of it must stay. */
export function isEnded({ owner }: Pick<Machine, 'owner'>): boolean {
  return owner.endedAt !== undefined
}

/** VIR_DOMAIN_SHUTOFF_MIGRATED. */
const shutoffMigrated = 4

/** One that does not run here because it was migrated away: what it names is the running machine's, wherever that is. */
export function isAway({ owner, state }: Pick<Machine, 'owner' | 'state'>): boolean {
  if (isActive(state)) return false
  return owner.migratedAt !== undefined || (state.state === 'shutoff' && state.reason === shutoffMigrated)
}

/**
 * Of machines with one token, the one that counts: one that runs before one that does not, then the newest, for a launch
 * that moves on from a hypervisor that gives no answer does so forward in time.
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
  // One machine on its way from one to the other: where it is being filled, it is paused until it runs there.
  if (one.ref.uuid === other.ref.uuid && isRunning(one) !== isRunning(other)) return isRunning(one)
  const [a, b] = [startedAt(one.owner), startedAt(other.owner)]
  return a === b ? one.ref.uuid > other.ref.uuid : a > b
}

/** What a person may do about a machine that was migrated away. */
export function awayText({ host, ref }: Machine): string {
  return (
    `${ref.name} was migrated away from ${host.label}, and no hypervisor that is listed has it: it may run elsewhere on the same ` +
    `disk, so nothing of it is removed. List that hypervisor too; or if it is gone for good: virsh undefine ${ref.name}, and ` +
    'remove its disk by hand'
  )
}
