/** One request, as `fetch` takes it. */
export interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | ReadableStream<Uint8Array> | undefined
  readonly signal: AbortSignal
}

/** The part of a `Response` that is used. */
export interface HttpResponse {
  readonly status: number
  readonly headers: {
    /** A header by its name, in any case; null where there is none. */
    get(name: string): string | null
  }
  /** The whole body. */
  text(): Promise<string>
  /** Read within a bound; where it is missing, `text` is used. */
  readonly body?: unknown
}

/** Sends one request. It must follow no redirect, which would carry the token elsewhere. */
export type Send = (url: string, request: HttpRequest) => Promise<HttpResponse>

/** Addresses from the environment. */
export interface ProxySettings {
  readonly http: string | undefined
  readonly https: string | undefined
  /** Hosts that are reached without it. */
  readonly except: string | undefined
}

/** Sends requests over its connections. */
export interface Transport {
  readonly send: Send
  /** The proxy for an address; undefined for a direct connection. */
  readonly via?: ((url: string) => string | undefined) | undefined
  close(): Promise<void>
}

/** For `node:tls`: PEM text. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly rejectUnauthorized?: boolean
}
