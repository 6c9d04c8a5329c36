// #region servers
import type { BalancerMember } from '@flotilla/core'
import type { Ask } from './runtime.js'

/** One server of the backend, as HAProxy has it now. */
export interface Server {
  /** The member's. */
  readonly id: string
  /** `host:port` */
  readonly address: string
  readonly weight: number
  /** Takes new requests. */
  readonly isUp: boolean
  /** Requests in flight. */
  readonly inFlight: number
}

/** Asked before each change, so that a restarted HAProxy, or one that somebody edited, is found as it is. */
export async function serversOf(ask: Ask, backend: string, signal: AbortSignal): Promise<readonly Server[]> {
  const answer = await ask(`show stat ${backend} 4 -1`, signal)
  const [header = '', ...rows] = answer.split('\n').filter((line) => line.includes(','))
  const columns = header.replace(/^# /, '').split(',')
  return rows.map((row) => {
    const cells = row.split(',')
    const cell = (name: string) => cells[columns.indexOf(name)] ?? ''
    const isUp = /^(UP|no check)/.test(cell('status'))
    const numbers = { weight: Number(cell('uweight')), inFlight: Number(cell('scur')) }
    return { id: idOf(cell('svname')), address: cell('addr'), isUp, ...numbers }
  })
}

export const addressOf = ({ host, port }: BalancerMember): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** An id may have any character, a server's name only these: the others are written as `:2f`. */
export const nameOf = (id: string): string =>
  encodeURIComponent(id)
    .replace(/[!'()*~]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
    .replaceAll('%', ':')

const idOf = (name: string): string => decodeURIComponent(name.replaceAll(':', '%'))
// #endregion
