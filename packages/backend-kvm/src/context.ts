import type { Address, Instance } from '@flotilla/core'
import type { Addresses } from './network/addresses.js'
import { isActive, statusOf } from './status.js'
import type { FileGuard } from './removal/file-guard.js'
import type { Fleet } from './host/hypervisors.js'
import type { GoldenGuard } from './disks/golden.js'
import type { Machine } from './inventory.js'
import type { Settings } from './options.js'
import type { ProblemBook } from './host/problem-book.js'

/** What every call of one backend works with. */
export interface Context {
  readonly fleet: Fleet
  readonly settings: Settings
  readonly templateHash: string
  readonly golden: GoldenGuard
  readonly addresses: Addresses
  /** Asked before anything is removed that this process did not make just now. */
  readonly guard: FileGuard
  readonly problems: ProblemBook
}

/** One machine of ours as the model has it. */
export function describe(
  { fleet, settings }: Pick<Context, 'fleet' | 'settings'>,
  { host, ref, owner, state, diskErrors }: Machine,
  found: {
    readonly ip?: string | undefined
    /** Why it has none. */
    readonly missing?: string | undefined
    readonly downReason?: string | undefined
  },
): Instance {
  const { port } = settings.template
  const broken = host.brokenOff.get(ref.uuid)
  const { status, statusReason, impaired } = statusOf(state, {
    isLaunching: host.launching.has(ref.uuid),
    isYoung: fleet.clock.now() - startedAt(owner) < settings.launchGraceMs,
    brokenOff:
      broken === undefined || host.clock.monotonic() < broken.mayStartUntilMs ? undefined : broken.why,
    lastWord: host.lastWords.get(ref.uuid),
    diskErrors,
  })
  const isUnseen = found.downReason !== undefined
  const missing =
    status === 'running' && port !== undefined && found.ip === undefined ? found.missing : undefined
  const reason = isUnseen ? `its hypervisor does not answer: ${found.downReason}` : (missing ?? statusReason)
  const address: Address | undefined =
    found.ip === undefined || port === undefined ? undefined : { host: found.ip, port }
  return {
    id: ref.uuid,
    group: owner.group,
    token: owner.token ?? '',
    name: ref.name,
    // What cannot be seen is neither running nor gone.
    status: isUnseen ? 'unknown' : status,
    ...(reason === undefined ? {} : { statusReason: reason }),
    ...(impaired === undefined || isUnseen ? {} : { impaired }),
    ...(address === undefined ? {} : { address }),
    createdAt: startedAt(owner),
    ...(host.zone === undefined ? {} : { zone: host.zone }),
    templateHash: owner.templateHash,
  }
}

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
