import { FlotillaError } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'

/** What the engine or the connection to it said. */
export interface Answer {
  /** HTTP status; absent when no answer came. */
  readonly status: number | undefined
  /** The operating system's or TLS's own code: `ECONNREFUSED`. */
  readonly code: string | undefined
  readonly text: string
}

/** The engine knows no such container (or service, or task). */
export const isNotFound = (error: unknown): boolean => answerBelow(error).status === 404

/** The image is not on the engine's host. */
export const isNoSuchImage = (error: unknown): boolean => {
  const { status, text } = answerBelow(error)
  return status === 404 && /no such image/i.test(text)
}

/** Another container, or service, has the name. */
export const isNameTaken = (error: unknown): boolean => {
  const { status, text } = answerBelow(error)
  // Podman says so with 500.
  const isStatus = status === 409 || status === 500
  return isStatus && /name .*already in use|name conflicts with an existing object/i.test(text)
}

/** Somebody else is removing the container. */
export const isBeingRemoved = (error: unknown): boolean => {
  const { status, text } = answerBelow(error)
  return status === 409 && /removal of container .* is already in progress|marked for removal/i.test(text)
}

/** Podman neither stops what somebody paused nor lets it go on by itself. */
export const isPausedRefusal = (error: unknown): boolean =>
  /running or paused, refusing|container \S+ is paused/i.test(answerBelow(error).text)

/** The engine cannot read the container's log. */
export const isUnreadableLog = (error: unknown): boolean =>
  /logging driver does not support reading|no logs? driver|log driver \S+ does not support/i.test(
    answerBelow(error).text,
  )

/** A daemon that was killed has left the container's name behind in the network. */
export const isStaleEndpoint = (error: unknown): boolean =>
  /endpoint with name \S+ already exists in network/i.test(answerBelow(error).text)

/** The container is started, or stopped, already. The client throws this success. */
export const isNotModified = (error: unknown): boolean => answerBelow(error).status === 304

/** Somebody else changed the service since it was read. */
export const isOutOfSequence = (error: unknown): boolean =>
  /update out of sequence/i.test(answerBelow(error).text)

/** No answer came: nobody knows whether the call was carried out. */
export const isWithoutAnswer = (error: unknown): boolean =>
  error instanceof FlotillaError && (error.code === 'timeout' || error.code === 'unavailable')

function answerBelow(error: unknown): Answer {
  return answerOf(error instanceof FlotillaError ? error.cause : error)
}

export function answerOf(thrown: unknown): Answer {
  const fields = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as Record<string, unknown>
  const { statusCode, code, json } = fields
  const body = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  // The client's own message adds a reason that misleads: "no such container - No such image".
  const text = typeof body['message'] === 'string' ? body['message'] : withoutPrefix(messageOf(thrown))
  return {
    status: typeof statusCode === 'number' ? statusCode : undefined,
    code: typeof code === 'string' ? code : undefined,
    text: withoutCredentials(text.trim()),
  }
}

const withoutPrefix = (message: string): string => message.replace(/^\(HTTP code \d+\) [a-z ]* - /, '')

const withoutCredentials = (text: string): string => text.replace(/\/\/[^/@\s'"]*@/g, '//(hidden)@')
