import { readReplicas, readTokens, type Token } from '../labels.js'
import type { Slot } from './slots.js'
import type { ServiceSpec } from '../manager/swarm-api.js'

/** One machine of a group, with its place in the service if it has one yet. */
export interface Seat extends Token {
  readonly slot: Slot | undefined
  /** Somebody scaled the service below what was asked for, and there is no place for it. */
  readonly isCutOff: boolean
}

/** Before the number of a place that nobody asked for by a token: the service was larger when it was found. */
const foundPrefix = 'slot-'

/**
 * Which token sits in which place. Swarm numbers places and chooses which go, so a token keeps its place while that is
 * there, and takes a free one, lowest first, when it is not. Places left over have a token told from their number.
 *
 * @param before - where each token sat last
 */
export function seatsOf(
  spec: ServiceSpec,
  slots: readonly Slot[],
  before: ReadonlyMap<string, number>,
): readonly Seat[] {
  const tokens = readTokens(spec)
  const free = new Map(slots.map((slot) => [slot.number, slot]))
  const seated = new Map<string, Slot>()
  const sit = (token: string, number: number | undefined): void => {
    const slot = number === undefined ? undefined : free.get(number)
    if (slot === undefined || number === undefined || seated.has(token)) return
    seated.set(token, slot)
    free.delete(number)
  }
  for (const { token } of tokens) sit(token, foundNumber(token))
  for (const { token } of tokens) sit(token, before.get(token))
  for (const { token } of tokens) sit(token, free.keys().next().value)

  const replicas = readReplicas(spec)
  let cutCount = Math.max(0, tokens.length - Math.max(replicas, seated.size))
  const seats = tokens
    .toReversed()
    .map(({ token, createdAt }): Seat => {
      const slot = seated.get(token)
      const isCutOff = slot === undefined && cutCount > 0
      if (isCutOff) cutCount -= 1
      return { token, createdAt, slot, isCutOff }
    })
    .toReversed()
  const surplus = [...free.values()].slice(0, Math.max(0, replicas - tokens.length))
  const known = new Set(tokens.map(({ token }) => token))
  // A rollback takes labels away, and not the tasks: who sat in a place before sits there still.
  const sitters = new Map([...before].map(([token, number]) => [number, token]))
  const nameOf = (number: number): string => {
    const token = sitters.get(number)
    return token === undefined || known.has(token) ? `${foundPrefix}${number}` : token
  }
  return [
    ...seats,
    ...surplus.map((slot): Seat => ({
      token: nameOf(slot.number),
      createdAt: Date.parse(slot.task.CreatedAt),
      slot,
      isCutOff: false,
    })),
  ]
}

function foundNumber(token: string): number | undefined {
  const [, number] = /^slot-(\d+)$/.exec(token) ?? []
  return number === undefined ? undefined : Number(number)
}
