import type { FakeAnswer } from './recorded.js'

/** A request as the fake has it. */
export interface FakeRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
  readonly signal?: AbortSignal | undefined
}

export type Handler = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>

/** Where the routes of a service are added. */
export interface Routes {
  on(method: string, path: string | RegExp, handler: Handler | FakeAnswer): this
}
