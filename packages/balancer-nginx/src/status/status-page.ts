import { FlotillaError, type CallOptions, type Clock } from '@flotilla/core'
import { boundedRequest, errnoOf, messageOf, withDeadline, type HttpAnswer } from '@flotilla/core/authoring'
import { generationPath, statusPath } from '../config/internal-servers.js'
import { parseStubStatus, type StubStatus } from './stub-status.js'

/** An answer longer than this is not ours. */
const longestBodyBytes = 64 * 1024

/** What the server of our own inside Nginx tells. */
export interface StatusPage {
  /** For messages: where it is asked. */
  readonly where: string
  /** The generation of the configuration that a new connection meets; why it is not told otherwise. */
  generation(call: CallOptions): Promise<Told>
  /** @throws FlotillaError `unavailable`, `timeout`, `invalid-reading` */
  counters(call: CallOptions): Promise<StubStatus>
  /** Requests that these calls themselves made so far, and that Nginx counts. */
  readonly ownRequestCount: number
  /** Counts one that was made elsewhere. */
  noteOwnRequest(): void
}

export type Told =
  | { readonly told: string }
  /** `isSilent`: nobody can tell from it whether the page is there. */
  | { readonly untold: string; readonly isSilent?: boolean | undefined }

export interface StatusPageOptions {
  /** Where the status server is reached from here: `http://127.0.0.1:10009`. */
  readonly url: URL
  /** Bound of one question. */
  readonly timeoutMs: number
  readonly clock: Clock
}

export class HttpStatusPage implements StatusPage {
  readonly where: string
  readonly #options: StatusPageOptions
  #ownRequestCount = 0

  constructor(options: StatusPageOptions) {
    this.#options = options
    this.where = options.url.origin
  }

  get ownRequestCount(): number {
    return this.#ownRequestCount
  }

  noteOwnRequest(): void {
    this.#ownRequestCount += 1
  }

  async generation(call: CallOptions): Promise<Told> {
    try {
      const { status, body } = await this.#get(generationPath, call)
      return status === 200 ? { told: body } : { untold: `${this.where} answered ${status}` }
    } catch (error) {
      call.signal.throwIfAborted()
      const cause = error instanceof FlotillaError ? error.cause : error
      return { untold: messageOf(error), isSilent: errnoOf(cause) !== 'ECONNREFUSED' }
    }
  }

  async counters(call: CallOptions): Promise<StubStatus> {
    const { status, body } = await this.#get(statusPath, call)
    const counters = status === 200 ? parseStubStatus(body) : undefined
    if (counters !== undefined) return counters
    const what = status === 200 ? 'something else than stub_status' : String(status)
    throw new FlotillaError(
      'invalid-reading',
      `ask nginx at ${this.where} for its counters: it answered ${what}`,
    )
  }

  async #get(path: string, { signal }: CallOptions): Promise<HttpAnswer> {
    const { url, timeoutMs, clock } = this.#options
    const what = `ask nginx at ${this.where} for ${path.slice(1)}`
    try {
      const get = (inner: AbortSignal): Promise<HttpAnswer> =>
        // On a connection of its own: on one that is kept, a leaving worker would go on answering.
        boundedRequest({ url: new URL(path, url), maxBytes: longestBodyBytes, signal: inner })
      const answer = await withDeadline(get, { clock, timeoutMs, what, signal })
      this.#ownRequestCount += 1
      return answer
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof FlotillaError) throw error
      throw new FlotillaError('unavailable', `${what}: ${messageOf(error)}`, { cause: error })
    }
  }
}
