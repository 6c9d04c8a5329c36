import { isActive } from '../status.js'
import type { Machine } from './host.js'
import { isAway } from './machines.js'
import { writeOwner } from './write-owner.js'

/**
 * Writes down which machines were migrated away: libvirt says it until it is started anew, and then calls them powered off
 * like any other. One that came back and runs is none of them any more.
 */
export async function noteMigrations(
  machines: readonly Machine[],
  now: number,
  signal: AbortSignal,
): Promise<void> {
  await Promise.allSettled(
    machines.map(async (machine) => {
      const { owner, ref, state } = machine
      const isNoted = owner.migratedAt !== undefined
      if (isNoted ? !isActive(state) : !isAway(machine)) return
      const migratedAt = isNoted ? undefined : now
      await writeOwner(
        machine,
        { ...owner, migratedAt },
        { what: `note the migration of ${ref.name}`, signal },
      )
    }),
  )
}
