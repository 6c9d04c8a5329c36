import { FlotillaError, type BackendProblem } from '@flotilla/core'
import { rolloutReason, type RolledBack } from './rollout.js'
import type { Seat } from './seats.js'
import { slotStatus } from '../status.js'
import type { Service } from '../manager/swarm-api.js'

export interface Standing {
  readonly service: Service
  readonly seats: readonly Seat[]
  /** How many that were asked for have no place, because somebody scaled the service down. */
  readonly cutCount: number
  readonly rolledBack: RolledBack | undefined
}

/** What stands between a group and its size, and what a person may do about it. */
export function standingProblems({
  service,
  seats,
  cutCount,
  rolledBack,
}: Standing): readonly BackendProblem[] {
  const { Name } = service.Spec
  const found: BackendProblem[] = []
  const under = rolloutReason(service)
  if (under !== undefined)
    found.push({ about: `rollout of ${Name}`, message: under, error: new FlotillaError('conflict', under) })
  if (rolledBack !== undefined) {
    const message =
      `Swarm took our template back (${rolledBack.reason}); service ${Name} goes on with the one before, and this one ` +
      `is not brought in again until it is changed`
    const error = new FlotillaError('invalid-template', message)
    found.push({ about: `template of ${Name}`, message, error })
  }
  if (cutCount > 0) {
    const message = `somebody scaled service ${Name} down: ${cutCount} that were asked for have no place in it`
    found.push({ about: `size of ${Name}`, message })
  }
  const ended = seats.flatMap(({ slot }) => {
    if (slot === undefined) return []
    const { status, statusReason } = slotStatus(slot)
    return status === 'stopped' ? [`${Name}.${slot.number} (${statusReason ?? 'it ended'})`] : []
  })
  if (ended.length > 0) {
    const message =
      `Swarm does not start again what has ended, as its restart condition says: ${ended.join(', ')}. ` +
      `\`docker service update --force ${Name}\` makes every task anew; \`--restart-condition any\` lets Swarm do so by itself`
    found.push({ about: `ended tasks of ${Name}`, message })
  }
  return found
}
