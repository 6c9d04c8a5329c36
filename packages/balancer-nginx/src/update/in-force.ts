import { messageOf, type CallOptions } from '@flotilla/core'
import type { NginxApi, NginxWorker } from '../nginx-api.js'
import type { StatusPage } from '../status/status-page.js'

/** How it is seen that a configuration is in force. */
export interface Sight {
  readonly api: Pick<NginxApi, 'workers' | 'stillRunning'>
  /** Undefined where it cannot be reached from here. */
  readonly page: Pick<StatusPage, 'generation' | 'where'> | undefined
}

/** What was there when the master was told to reload, and what it was told to load. */
export interface Reload {
  readonly generation: string
  /** Undefined where workers cannot be seen. */
  readonly before: readonly NginxWorker[] | undefined
}

/**
 * Why a reload is not in force yet; undefined once new connections meet the new configuration and every worker with an
 * older one has been told to leave.
 */
export async function notYetInForce(
  { api, page }: Sight,
  { generation, before }: Reload,
  call: CallOptions,
): Promise<string | undefined> {
  try {
    if (page !== undefined) {
      const answer = await page.generation(call)
      if ('untold' in answer) return answer.untold
      if (answer.told !== generation) return `${page.where} still has generation ${answer.told.slice(0, 40)}`
    }
    if (before === undefined) return undefined
    const old = before.map(({ id }) => id)
    const staying = (await api.stillRunning?.(old, call))?.filter(({ isLeaving }) => !isLeaving) ?? []
    if (staying.length > 0) return `${staying.length} workers with the old configuration take connections`
    // Where the generation is not told, a new worker must be seen: the old ones may all have crashed.
    if (page !== undefined) return undefined
    const workers = (await api.workers?.(call)) ?? []
    const isFresh = workers.some(({ id, isLeaving }) => !isLeaving && !old.includes(id))
    return isFresh ? undefined : 'no worker with the new configuration has come'
  } catch (error) {
    call.signal.throwIfAborted()
    // It may be there again at the next look.
    return messageOf(error)
  }
}
