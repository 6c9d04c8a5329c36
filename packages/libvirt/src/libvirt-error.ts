/**
 * The kind of a failure:
 * - `libvirt`: libvirt answered, with an error of its own; `code`, `domain` and `level` are its numbers.
 * - `connection`: no connection, or it was lost, or it was closed by us. What was under way may have been carried out.
 * - `timeout`: no answer within the bound. The daemon may still carry the call out.
 * - `protocol`: the other side sent what libvirt's protocol does not allow.
 * - `authentication`: the daemon did not let us in, or wants an authentication that this client does not speak; with
 *   libvirt's numbers where it gave them.
 * - `unsupported`: this transport cannot do that.
 * - `invalid-argument`: the caller's argument cannot be sent; nothing was sent.
 */
export type LibvirtErrorKind =
  | 'libvirt'
  | 'connection'
  | 'timeout'
  | 'protocol'
  | 'authentication'
  | 'unsupported'
  | 'invalid-argument'

/** The facts of a `LibvirtError`, as libvirt gives them. */
export interface LibvirtErrorOptions {
  /** Left out: `libvirt` where there is a code, else `connection`. */
  readonly kind?: LibvirtErrorKind | undefined
  /** virErrorNumber; absent where libvirt did not answer, and where virsh's words do not tell it. */
  readonly code?: number | undefined
  /** virErrorDomain: the part of libvirt that refused. */
  readonly domain?: number | undefined
  /** 1 warning, 2 error. */
  readonly level?: number | undefined
  readonly cause?: unknown
}

/** A refusal by libvirt, in its own words and numbers, or the reason why there is no answer. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError'
  readonly kind: LibvirtErrorKind
  readonly code: number | undefined
  readonly domain: number | undefined
  readonly level: number | undefined

  constructor(message: string, options: LibvirtErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.kind = options.kind ?? (options.code === undefined ? 'connection' : 'libvirt')
    this.code = options.code
    this.domain = options.domain
    this.level = options.level
  }
}

export const connectionLost = (why: string, cause?: unknown): LibvirtError =>
  new LibvirtError(`the connection to libvirt was lost: ${why}`, { kind: 'connection', cause })

export const connectionClosed = (): LibvirtError =>
  new LibvirtError('the connection to libvirt was closed', { kind: 'connection' })

export const protocolFault = (what: string, cause?: unknown): LibvirtError =>
  new LibvirtError(`libvirt broke its protocol: ${what}`, { kind: 'protocol', cause })

export const timedOut = (what: string, timeoutMs: number): LibvirtError =>
  new LibvirtError(`${what}: no answer within ${timeoutMs} ms`, { kind: 'timeout' })
