import { fixture } from '../kit/fixture.js'

/** What a fake answers. */
export interface FakeAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** An object is sent as JSON. */
  readonly body?: unknown
}

/** A recording as an answer. */
export function recorded(name: string): FakeAnswer {
  const { status, headers, body } = fixture(name).response
  return { status, headers, ...(body === null ? {} : { body }) }
}
