import { isIPv6 } from 'node:net'
import { LibvirtError } from './libvirt-error.js'
import { checkUriParameters, type UriParameters } from './uri-parameters.js'

/** Where a daemon is and how it is reached, from a URI as libvirt writes it. Every part is checked. */
export interface ConnectionUri {
  /** Without a password, which is refused. */
  readonly text: string
  readonly driver: string
  readonly transport: 'unix' | 'ssh' | 'tls' | 'tcp'
  readonly user?: string | undefined
  /** Empty where the daemon is on this host. */
  readonly host: string
  readonly port?: number | undefined
  /** The name that the daemon is asked to open: `qemu:///system`. */
  readonly name: string
  readonly isSession: boolean
  readonly parameters: UriParameters
}

const transports = ['unix', 'ssh', 'tls', 'tcp'] as const

/**
 * @param text - `qemu:///system`, `qemu+unix:///system?socket=/path`, `qemu+ssh://user@host:22/system?keyfile=/path`,
 *   `qemu+tls://host:16514/system?pkipath=/path`, `qemu+tcp://host:16509/system`, …
 * @throws LibvirtError `invalid-argument` that names the part
 * @see https://libvirt.org/uri.html
 */
export function parseConnectionUri(text: string): ConnectionUri {
  if (!URL.canParse(text)) throw invalid('it cannot be parsed; qemu:///system is one')
  const url = new URL(text)
  if (url.password !== '') throw invalid('it has a password, which libvirt does not take from a URI')
  if (url.hash !== '') throw invalid('it has a fragment (#…)')
  const { driver, transport } = readScheme(url)
  const host = readHost(url.hostname)
  if (host === '' && transport !== 'unix') throw invalid(`${transport} needs a host`)
  if (host !== '' && transport === 'unix') throw invalid('a unix socket has no host')
  const path = decoded(url.pathname)
  // Also goes to a remote shell: nothing that one could read otherwise.
  if (!/^\/[\w./-]*$/.test(path)) throw invalid(`its path ${JSON.stringify(path)} is none of a daemon`)
  const parameters = checkUriParameters(url.searchParams, transport)
  return {
    text,
    driver,
    transport,
    user: readUser(url.username),
    host,
    port: readPort(url.port),
    name: parameters.name ?? `${driver}://${path}`,
    isSession: path === '/session',
    parameters,
  }
}

function readScheme(url: URL): { driver: string; transport: ConnectionUri['transport'] } {
  const [driver = '', wanted, ...more] = url.protocol.slice(0, -1).split('+')
  if (!/^[a-z][\da-z]*$/.test(driver) || more.length > 0) throw invalid(`its scheme is ${url.protocol}`)
  if (wanted === undefined) return { driver, transport: url.hostname === '' ? 'unix' : 'tls' }
  const transport = transports.find((known) => known === wanted)
  if (transport !== undefined) return { driver, transport }
  throw invalid(`its transport ${JSON.stringify(wanted)} is none of ${transports.join(', ')}`)
}

function readHost(host: string): string {
  if (host === '') return ''
  if (host.startsWith('[') && isIPv6(host.slice(1, -1))) return host.slice(1, -1)
  // A host that begins with a hyphen would be an option to ssh.
  if (/^[\da-z_][\w.-]*$/i.test(host)) return host
  throw invalid(`its host ${JSON.stringify(host)} is none`)
}

function readUser(encoded: string): string | undefined {
  if (encoded === '') return undefined
  const user = decoded(encoded)
  if (/^[a-z_][\w.@+\\-]*\$?$/i.test(user)) return user
  throw invalid(`its user ${JSON.stringify(user)} is none`)
}

function readPort(port: string): number | undefined {
  if (port === '') return undefined
  if (Number(port) < 1) throw invalid(`its port is ${port}`)
  return Number(port)
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (cause) {
    throw invalid(`${JSON.stringify(part)} is not percent-encoded text`, cause)
  }
}

const invalid = (why: string, cause?: unknown): LibvirtError =>
  new LibvirtError(`this is not a URI of libvirt’s that can be used: ${why}`, {
    kind: 'invalid-argument',
    cause,
  })
