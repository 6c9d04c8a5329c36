import type { BackendProblem } from '@flotilla/core'
import type { Server } from '@flotilla/openstack-client'
import { serverName, type OwnedServer } from '../labels.js'
import type { Settings } from '../options/settings.js'

/**
 * Why a server of ours is never ended, whoever asks: somebody has locked, renamed, rescued or shelved it, to keep it or to look
 * into it. Undefined for a server that nobody has touched.
 */
export function reasonToKeep(
  { server, label }: OwnedServer,
  { warmPool }: Pick<Settings, 'warmPool'>,
): string | undefined {
  const { name, status, isLocked } = server
  const given = serverName(label.group, label.madeAs)
  if (isLocked === true) return 'it is locked; unlock it to have it ended'
  if (name !== given)
    return `somebody has renamed it from ${given} to ${name}; name it so again to have it ended`
  if (status === 'RESCUE') return 'somebody has put it into rescue mode; unrescue it to have it ended'
  const isOurSleep = warmPool?.kind === 'shelved' && label.role !== undefined
  if (status.startsWith('SHELVED') && !isOurSleep)
    return 'somebody has shelved it; unshelve it to have it ended'
  return undefined
}

/** Whether an image of the server is being made. Deleting the server now would spoil the image. */
export const isBeingCopied = ({ taskState }: Server): boolean => taskState?.startsWith('image_') === true

/** A problem for each server of a group that stays whatever the group wants. */
export function keptProblems(
  ownedServers: readonly OwnedServer[],
  settings: Pick<Settings, 'warmPool'>,
): readonly BackendProblem[] {
  return ownedServers.flatMap((owned) => {
    const reason = reasonToKeep(owned, settings)
    const { id, name, isDeleting } = owned.server
    if (reason === undefined || isDeleting) return []
    return [
      {
        about: `server ${id}`,
        message: `server ${name} (${id}) is counted, and will not be ended: ${reason}`,
      },
    ]
  })
}

/** The problem of a server that has our tags and has lost our metadata. It is in no group, and its group makes another. */
export const strayProblem = ({ id, name }: Server): BackendProblem => ({
  about: `server ${id}`,
  message: `server ${name} (${id}) has the tags of an instance and not its metadata: somebody has edited it. It is left alone; delete it, or take the tag flotilla off to keep it`,
})
