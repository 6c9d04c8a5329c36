export interface LibvirtErrorOptions {
  /** virErrorNumber; absent where the connection failed before libvirt could answer. */
  readonly code?: number | undefined
  /** virErrorDomain: the part of libvirt that refused. */
  readonly domain?: number | undefined
  /** 1 warning, 2 error. */
  readonly level?: number | undefined
  readonly cause?: unknown
}

/** What libvirt refused, in its own words and numbers, or what kept its answer from us. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError'
  readonly code: number | undefined
  readonly domain: number | undefined
  readonly level: number | undefined

  constructor(message: string, options: LibvirtErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.domain = options.domain
    this.level = options.level
  }
}
