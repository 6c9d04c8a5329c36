import { invalidOption } from '@flotilla/core/authoring'
import type { Connection, TlsTexts } from './connection.js'
import type { OptionName } from './tls-files.js'

export const defaultSocket = '/var/run/docker.sock'
const ports = { open: 2375, tls: 2376 }

/**
 * An address as the `docker` command takes it: `unix://`, `tcp://`, `ssh://`, `HOST:PORT`; and the path of a socket alone.
 *
 * @param tls - asked for only where the address can have it
 * @throws FlotillaError `invalid-options`
 */
export function readAddress(given: string, tls: () => TlsTexts | undefined, name: OptionName): Connection {
  const socket = socketPath(given)
  if (socket !== undefined) {
    // On Windows its pipes are what sockets are elsewhere.
    const isPath = socket.startsWith('/') || given.startsWith('npipe://')
    if (!isPath) throw refusal(name, given, 'the whole path of a socket: unix:///var/run/docker.sock')
    return { kind: 'socket', path: socket }
  }
  const { protocol, hostname, port: portText, username } = readUrl(given, name)
  const port = portText === '' ? undefined : Number(portText)
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === '' && protocol !== 'fd:') throw refusal(name, given, addresses)
  const overTcp = (texts: TlsTexts | undefined): Connection => {
    if (protocol === 'https:' && texts === undefined) {
      throw refusal(name, given, 'tcp://, or given with tls: https:// without it would check nobody')
    }
    return { kind: 'tcp', host, port: port ?? (texts === undefined ? ports.open : ports.tls), tls: texts }
  }
  switch (protocol) {
    case 'ssh:':
      return { kind: 'ssh', host, port, user: username === '' ? undefined : username }
    case 'https:':
    case 'tcp:':
    case 'http:':
      return overTcp(tls())
    case 'fd:':
      throw refusal(name, given, 'where the engine listens: fd:// says that to the engine alone')
    default:
      throw refusal(name, given, 'unix://, tcp:// or ssh://')
  }
}

function socketPath(given: string): string | undefined {
  if (given.startsWith('/')) return given
  const [, scheme, path = ''] = /^(unix|npipe):\/\/(.*)$/s.exec(given) ?? []
  if (scheme === undefined) return undefined
  return scheme === 'unix' && path === '' ? defaultSocket : path
}

const addresses =
  'an address such as unix:///var/run/docker.sock, tcp://10.0.0.5:2376 or ssh://ops@10.0.0.5, without a password or a path'

function readUrl(given: string, name: OptionName): URL {
  const withScheme = given.includes('://') ? given : `tcp://${given}`
  // `ssh` would take a host that begins with a hyphen for an option.
  const isPlain = /^[a-z]+:\/\/(?:[\w.][\w.-]*@)?(?:[\w][\w.-]*|\[[\da-f:.%]+\])?(?::\d+)?\/?$/i.test(
    withScheme,
  )
  const usual = isPlain ? withLocalhost(withScheme) : ''
  if (!URL.canParse(usual)) throw refusal(name, given, addresses)
  return new URL(usual)
}

/** `tcp://` and `tcp://:2375` are this host's, as the `docker` command takes them. */
const withLocalhost = (address: string): string =>
  address.replace(/^tcp:\/\/(?=$|\/|:\d)/i, 'tcp://localhost')

function refusal({ constructor, field }: OptionName, given: string, expected: string): Error {
  return invalidOption(constructor, field, given, expected)
}
