import type { CallOptions } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import type { Vantage } from '../front/place.js'
import type { FrontWitness } from '../front/witness.js'
import type { NginxApi, NginxWorker } from '../nginx-api.js'

/** How it is seen that a configuration is in force. */
export interface Sight {
  readonly api: Pick<NginxApi, 'workers'>
  readonly witness: Pick<FrontWitness, 'look'>
}

/** What was there when the master was told to reload, and what it was told to load. */
export interface Reload {
  readonly generation: string
  /** Undefined where workers cannot be seen. */
  readonly before: readonly NginxWorker[] | undefined
  readonly vantages: readonly Vantage[]
  /** Called with the workers that are there at each look. */
  readonly onWorkers: (workers: readonly NginxWorker[]) => void
}

export type NotYet =
  | { readonly kind: 'not-yet'; readonly reason: string }
  /** Nothing at all can be seen. */
  | { readonly kind: 'unseen' }

/**
 * Why a reload is not in force yet; undefined once new connections meet the new configuration and every worker with an
 * older one has been told to leave.
 */
export async function notYetInForce(
  { api, witness }: Sight,
  { generation, before, vantages, onWorkers }: Reload,
  call: CallOptions,
): Promise<NotYet | undefined> {
  try {
    const old = before?.map(({ id }) => id)
    const workers = old === undefined ? undefined : ((await api.workers?.(old, call)) ?? [])
    if (workers !== undefined) onWorkers(workers)
    const staying = workers?.filter(({ id, isLeaving }) => !isLeaving && old?.includes(id) === true) ?? []
    if (staying.length > 0) {
      return notYet(`${staying.length} of the workers with the old configuration still take connections`)
    }
    const sighting = await witness.look(generation, vantages, call)
    switch (sighting.kind) {
      case 'served':
        return undefined
      case 'missing':
      case 'unclear':
        return notYet(sighting.reason)
      case 'unseen': {
        if (workers === undefined) return { kind: 'unseen' }
        // Where the generation is not told, a new worker must be seen: the old ones may all have crashed.
        const isFresh = workers.some(({ id, isLeaving }) => !isLeaving && old?.includes(id) === false)
        return isFresh ? undefined : notYet('no worker with the new configuration has come')
      }
    }
  } catch (error) {
    call.signal.throwIfAborted()
    // It may be there again at the next look.
    return notYet(messageOf(error))
  }
}

const notYet = (reason: string): NotYet => ({ kind: 'not-yet', reason })
