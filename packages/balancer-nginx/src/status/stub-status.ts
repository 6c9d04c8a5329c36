/** What `stub_status` tells: of the whole Nginx, all its servers together. */
export interface StubStatus {
  /** Clients' connections, idle ones included. */
  readonly activeCount: number
  /** Connections on which a request is being read. */
  readonly readingCount: number
  /** Connections on which a request is worked on or answered. */
  readonly writingCount: number
  /** Idle connections, kept for the next request. */
  readonly waitingCount: number
  /** Requests since Nginx started; a reload keeps counting. */
  readonly requestTotal: number
}

/** @see https://nginx.org/en/docs/http/ngx_http_stub_status_module.html */
const page =
  /Active connections: (\d+)\s+server accepts handled requests\s+\d+ \d+ (\d+)\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)/

/** Reads the page; undefined when it is something else. */
export function parseStubStatus(text: string): StubStatus | undefined {
  const found = page.exec(text)
  if (found === null) return undefined
  const [activeCount = 0, requestTotal = 0, readingCount = 0, writingCount = 0, waitingCount = 0] = found
    .slice(1)
    .map(Number)
  return { activeCount, readingCount, writingCount, waitingCount, requestTotal }
}
