import { readFileSync } from 'node:fs'

export interface Recorded {
  readonly situation: string
  readonly expected: string
  readonly message: string
  readonly [field: string]: unknown
}

const file = new URL('fixtures/errors.json', import.meta.url)
/** Failures of dockerd 20.10, each with what it is to be told as. */
export const { errors } = JSON.parse(readFileSync(file, 'utf8')) as { errors: readonly Recorded[] }

/** What dockerode threw: an error with its fields. */
export function thrown({ message, ...fields }: Recorded): Error {
  return Object.assign(new Error(message), fields)
}

export const attempt = {
  what: 'launch web-1: start',
  target: 'unix:///var/run/docker.sock',
  otherwise: 'launch-failed',
} as const

export const find = (situation: string): Error => {
  const found = errors.find((recorded) => recorded.situation === situation)
  if (found === undefined) throw new Error(`no such fixture: ${situation}`)
  return thrown(found)
}
