import type { KnownMicroversions } from '../discovery/microversion.js'
import type { Clock } from '../time/clock.js'

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, with its own reason. */
  readonly signal?: AbortSignal | undefined
  /** Bound of the whole call with its retries, milliseconds. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined
}

/** Value of a query parameter. Several values repeat the parameter; undefined leaves it out. */
export type QueryValue = string | number | boolean | readonly string[] | undefined

/** A body that is read while it is sent. */
export interface StreamBody {
  /** Begins it, from its first byte. */
  readonly open: () => ReadableStream<Uint8Array>
  /** Its `content-type` and the like. */
  readonly headers: Readonly<Record<string, string>>
}

/** One call to a service. */
export interface ApiRequest extends CallOptions {
  /** For messages: `create server web-1`. */
  readonly what: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path below the service's API, with a slash first. Make it with `path`, which encodes values. */
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  /** Body, sent as JSON; or a function that makes it for the microversion in force. */
  readonly json?: unknown
  /** Body of Glance's PATCH: RFC 6902 with Glance's own media type. */
  readonly patch?: readonly object[] | undefined
  /** Body of another kind. It is opened again for each try. */
  readonly stream?: StreamBody | undefined
  /**
   * The field that the answer's JSON must have; else it is a `bad-answer`. So a front's own page with status 200 is not
   * taken for an empty list.
   */
  readonly expects?: string | undefined
  /** Where the service has microversions: those with which the caller understands the answer. */
  readonly microversion?: KnownMicroversions | undefined
  /** Sent as If-Match: the service refuses with 412, a `conflict`, where the thing has changed. */
  readonly ifMatch?: string | undefined
  /** Sending it twice is the same as once. Default: all but POST and PATCH. */
  readonly repeatable?: boolean | undefined
  /** Bound of one try, milliseconds. Default: the client's `attemptTimeoutMs`. */
  readonly attemptTimeoutMs?: number | undefined
}

/** An answer that is no error. */
export interface ApiReply {
  readonly status: number
  readonly headers: {
    /** A header by its name, in any case; null where there is none. */
    get(name: string): string | null
  }
  /** The body's JSON; undefined when there is none. */
  readonly body: unknown
  readonly requestId: string | undefined
  /** Microversion with which it was made; undefined where the service has none. */
  readonly microversion: string | undefined
}

/** Sends calls to one service. */
export interface ServiceCalls {
  /** @throws OpenStackError for every refusal and fault; the signal's own reason when that aborts */
  request(request: ApiRequest): Promise<ApiReply>
  /** Microversions that the service offers; undefined where it has none. */
  microversions(options?: CallOptions): Promise<{ readonly min: string; readonly max: string } | undefined>
}

/** What the calls of one service need. */
export interface ServiceContext {
  /** Official type. */
  readonly service: string
  readonly calls: ServiceCalls
  readonly clock: Clock
  readonly random: () => number
}

/** One try, for counting and logs. It holds no secret. */
export interface CallRecord {
  readonly service: string
  readonly what: string
  readonly method: string
  /** Without the query, which may have the user's names. */
  readonly path: string
  /** Absent when no answer came. */
  readonly status: number | undefined
  readonly durationMs: number
  /** 0 for the first. */
  readonly tries: number
  readonly requestId: string | undefined
}
