import { FlotillaError } from '@flotilla/core'
import { labels } from '@flotilla/docker-engine'
import { readOwner } from '../labels.js'
import type { Service, ServiceSpec, Task } from '../manager/swarm-api.js'

/**
 * Refuses to change a service while Swarm brings a change in or takes one back. An update of ours would become what Swarm
 * rolls back to, and would set a rollout that is paused going again.
 *
 * @throws FlotillaError `conflict`
 */
export function refuseInRollout(what: string, service: Service): void {
  const reason = rolloutReason(service)
  if (reason !== undefined) throw new FlotillaError('conflict', `${what}: ${reason}`)
}

/** Why a service must be left as it is for now, and what a person may do; undefined when nothing is under way. */
export function rolloutReason({ Spec, UpdateStatus }: Service): string | undefined {
  const { Name } = Spec
  const { State = '', Message = '' } = UpdateStatus ?? {}
  const told = Message === '' ? '' : ` (${Message})`
  switch (State) {
    case 'updating':
      return `a rollout of service ${Name} is under way${told}; it is scaled once that is over${surplusWords(Spec)}`
    case 'rollback_started':
      return `a rollback of service ${Name} is under way${told}; it is scaled once that is over`
    case 'paused':
      return (
        `a rollout of service ${Name} is paused${told}, and scaling would set it going again; ` +
        `\`docker service rollback ${Name}\` takes it back, and \`docker service update\` with what was wrong put right ends it`
      )
    case 'rollback_paused':
      return (
        `a rollback of service ${Name} is paused${told}, and scaling would set it going again; ` +
        `look at \`docker service ps ${Name}\`, and end it with \`docker service update\``
      )
    default:
      return undefined
  }
}

/** With the order `start-first` a place has two tasks until the new one runs, and so the group more than its size. */
function surplusWords({ UpdateConfig }: ServiceSpec): string {
  const { Order, Parallelism = 1 } = (UpdateConfig ?? {}) as { Order?: string; Parallelism?: number }
  if (Order !== 'start-first') return ''
  const most = Parallelism === 0 ? 'twice its size' : `${Parallelism} more than its size`
  return `, and by its order start-first up to ${most} may run until then`
}

/** What came of a template that Swarm has taken back. */
export interface RolledBack {
  readonly templateHash: string
  readonly reason: string
}

/**
 * Whether Swarm took this template back: the service is on another one after a rollback, and remembers a task of this one, or
 * this process has seen it brought in.
 *
 * @param broughtIn - the template that this process brought in last, by an update
 */
export function rolledBackTemplate(
  { Spec, UpdateStatus }: Service,
  tasks: readonly Task[],
  {
    templateHash,
    broughtIn,
  }: { readonly templateHash: string | undefined; readonly broughtIn: string | undefined },
): RolledBack | undefined {
  const { State = '', Message = '' } = UpdateStatus ?? {}
  if (templateHash === undefined || !State.startsWith('rollback_')) return undefined
  if (readOwner(Spec).templateHash === templateHash) return undefined
  const ofTemplate = tasks.filter(
    (task) => task.Spec.ContainerSpec?.Labels?.[labels.template] === templateHash,
  )
  if (ofTemplate.length === 0 && broughtIn !== templateHash) return undefined
  const latest = ofTemplate.toSorted((a, b) => (a.CreatedAt < b.CreatedAt ? 1 : -1))
  const failure = latest.map(({ Status }) => Status.Err ?? '').find((error) => error !== '')
  const parts = [Message, failure ?? ''].filter((part) => part !== '')
  return { templateHash, reason: parts.length === 0 ? `Swarm says ${State}` : parts.join('; ') }
}
