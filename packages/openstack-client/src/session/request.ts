import type { KnownMicroversions } from '../discovery/microversion.js'

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, with its own reason. */
  readonly signal?: AbortSignal | undefined
  /** Bound of the whole call with its retries, milliseconds. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined
}

/** What a query parameter may be: several values stand one after the other, undefined is left out. */
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
  /** Below the service's API, with a slash before it. Make it with `path`, which encodes what it is given. */
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  /** Body, sent as JSON; or a function that makes it for the microversion in force. */
  readonly json?: unknown
  /** Body of Glance's PATCH: RFC 6902 with Glance's own media type. */
  readonly patch?: readonly object[] | undefined
  /** Body of another kind, opened anew for each try. */
  readonly stream?: StreamBody | undefined
  /**
   * What the answer's JSON must have, or it is a `bad-answer`: a front that says 200 with a page of its own is not
   * taken for an empty list.
   */
  readonly expects?: string | undefined
  /** Where the service has microversions: those with which the caller understands the answer. */
  readonly microversion?: KnownMicroversions | undefined
  /** Sent as If-Match: the service refuses with 412, a `conflict`, where the thing is another by now. */
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

/** Sends calls to one service: what the services' calls are written on. */
export interface ServiceCalls {
  /** @throws OpenStackError for every refusal and fault; the signal's own reason when that aborts */
  request(request: ApiRequest): Promise<ApiReply>
  /** Microversions that the service offers; undefined where it has none. */
  microversions(options?: CallOptions): Promise<{ readonly min: string; readonly max: string } | undefined>
}

/** One try, for counting and logs. It holds no secret. */
export interface CallRecord {
  readonly service: string
  readonly what: string
  readonly method: string
  /** Without the query, which may hold what the user named things. */
  readonly path: string
  /** Absent when no answer came. */
  readonly status: number | undefined
  readonly durationMs: number
  /** 0 for the first. */
  readonly tries: number
  readonly requestId: string | undefined
}
