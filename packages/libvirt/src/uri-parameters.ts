import { LibvirtError } from './libvirt-error.js'

/** The parameters of a URI, behind its `?`. */
export interface UriParameters {
  /** The name that the daemon is asked to open, instead of the URI's own. */
  readonly name?: string | undefined
  /** Path of the daemon's socket, on this host or on the one ssh reaches. */
  readonly socket?: string | undefined
  /** `legacy` is libvirtd, `direct` the driver's own daemon; `auto` (default) takes the one whose socket is there. */
  readonly mode?: 'auto' | 'legacy' | 'direct' | undefined
  /** ssh program instead of `ssh`. */
  readonly command?: string | undefined
  /** Private key for ssh. */
  readonly keyfile?: string | undefined
  /** File of known hosts for ssh. */
  readonly knownHosts?: string | undefined
  /** Program on the remote host for hosts without virt-ssh-helper. Default `nc`. */
  readonly netcat?: string | undefined
  /** The program on the remote host. `auto` (default) tries virt-ssh-helper, then netcat. */
  readonly proxy?: 'auto' | 'native' | 'netcat' | undefined
  /** The server's certificate or host key is not checked. */
  readonly noVerify: boolean
  /** Directory with `cacert.pem`, `clientcert.pem` and `clientkey.pem`. */
  readonly pkiPath?: string | undefined
}

type Transport = 'unix' | 'ssh' | 'tls' | 'tcp'

/** Which transport takes which parameter. `no_tty` is taken and changes nothing: nobody is ever asked. */
const known: Readonly<Record<Transport, readonly string[]>> = {
  unix: ['name', 'socket', 'mode'],
  ssh: [
    'name',
    'socket',
    'mode',
    'command',
    'keyfile',
    'known_hosts',
    'netcat',
    'proxy',
    'no_verify',
    'no_tty',
  ],
  tls: ['name', 'no_verify', 'pkipath'],
  tcp: ['name'],
}

/** @throws LibvirtError `invalid-argument` that names the parameter */
export function checkUriParameters(given: URLSearchParams, transport: Transport): UriParameters {
  for (const key of given.keys()) {
    if (!known[transport].includes(key))
      throw invalid(key, `${transport} takes only ${known[transport].join(', ')}`)
    if (given.getAll(key).length > 1) throw invalid(key, 'it stands there twice')
  }
  if (given.get('proxy') === 'native') {
    const other = ['socket', 'mode'].find((key) => given.has(key) && given.get(key) !== 'auto')
    if (other !== undefined)
      throw invalid(other, 'virt-ssh-helper (proxy=native) takes none; proxy=netcat does')
  }
  // The shell of the remote host must find no character in it that it would interpret.
  const path = transport === 'ssh' ? remotePath : localPath
  return {
    name: read(given, 'name', /^[a-z][\da-z]*:\/\/\/[\w./-]*$/),
    socket: read(given, 'socket', path),
    mode: oneOf(given, 'mode', ['auto', 'legacy', 'direct']),
    command: read(given, 'command', program),
    keyfile: read(given, 'keyfile', localPath),
    knownHosts: read(given, 'known_hosts', localPath),
    netcat: read(given, 'netcat', remoteProgram),
    proxy: oneOf(given, 'proxy', ['auto', 'native', 'netcat']),
    noVerify: oneOf(given, 'no_verify', ['0', '1']) === '1',
    pkiPath: read(given, 'pkipath', localPath),
  }
}

// No quote either: ssh reads some of them as quoted values.
const localPath = /^\/[^\p{Cc}"]+$/u
const remotePath = /^\/[\w./-]+$/
const program = /^[\w/.][^\p{Cc}]*$/u
const remoteProgram = /^[\w/.][\w./-]*$/

function read(given: URLSearchParams, key: string, shape: RegExp): string | undefined {
  const value = given.get(key) ?? undefined
  if (value === undefined || shape.test(value)) return value
  throw invalid(key, `${JSON.stringify(value)} does not match ${shape}`)
}

function oneOf<T extends string>(given: URLSearchParams, key: string, values: readonly T[]): T | undefined {
  const value = given.get(key)
  if (value === null) return undefined
  const found = values.find((one) => one === value)
  if (found !== undefined) return found
  throw invalid(key, `${JSON.stringify(value)} is none of ${values.join(', ')}`)
}

const invalid = (key: string, why: string): LibvirtError =>
  new LibvirtError(`the parameter ${JSON.stringify(key)} of the connection’s URI cannot be used: ${why}`, {
    kind: 'invalid-argument',
  })
