import type { LaunchRequest } from '../../../backend.js'
import { FlotillaError } from '../../../errors.js'

export function notOwned(id: string, group: string): FlotillaError {
  return new FlotillaError('not-owned', `terminate ${id}: it carries no label of group ${group}`, {
    instanceId: id,
  })
}

export function refused(id: string): FlotillaError {
  const cause = new Error('409: a snapshot is being taken')
  return new FlotillaError('conflict', `terminate ${id}: ${cause.message}`, { instanceId: id, cause })
}

export function replyLost(what: string): FlotillaError {
  return new FlotillaError('timeout', `${what}: the answer was lost`, { cause: new Error('socket hang up') })
}

export function failedHalfWay({ group, token }: LaunchRequest): FlotillaError {
  const cause = new Error('500: no bootable device')
  return new FlotillaError('launch-failed', `launch ${group}/${token}: ${cause.message}`, { cause })
}
