import { systemClock, type Clock } from '@flotilla/core'
import { invalidOption } from '@flotilla/core/authoring'
import { listenKey, parseListen, type Listen } from '../config/listen.js'
import type { ConfigShape } from '../config/config-shape.js'
import { internalAddresses, statusUrl } from './internal-addresses.js'
import { checkedOptions, type NginxOptions } from '../options.js'
import type { NginxCommands, NginxShell } from '../reach/commands/commands.js'
import { checkDocker, type DockerConnection } from '../reach/container/docker-connection.js'
import type { Program } from '../reach/program.js'

/** How Nginx is reached. */
export type Reach =
  | (Program & { readonly kind: 'host'; readonly pidFile: string | undefined })
  | (Program & { readonly kind: 'container'; readonly name: string; readonly docker: DockerConnection })
  | { readonly kind: 'commands'; readonly commands: NginxCommands }
  | { readonly kind: 'shell'; readonly commands: NginxShell }

/** Time between two looks: at first, and at most; milliseconds. */
type Poll = readonly [first: number, most: number]

/** Options with every default filled in. */
export interface NginxSettings {
  readonly name: string
  readonly shape: ConfigShape
  readonly reach: Reach
  readonly configFile: string
  readonly statusUrl: URL | undefined
  /** Where Nginx's machine is reached from here, when it is not as its reach says. */
  readonly frontHost: string | undefined
  readonly drainMs: number
  readonly timeoutMs: number
  readonly reloadMs: number
  readonly blindMs: number
  readonly polls: { readonly reload: Poll; readonly drain: Poll }
  readonly clock: Clock
}

const defaults = {
  name: 'nginx',
  binary: 'nginx',
  serverNames: ['_'],
  algorithm: 'round-robin',
  keepAliveConnections: 32,
  keepAliveMs: 4000,
  retryAfterSeconds: 1,
  drainTimeoutMs: 30_000,
  timeoutMs: 10_000,
  reloadTimeoutMs: 10_000,
} as const

/** The master takes 100 ms by itself; a look costs microseconds here, a process there, a login elsewhere. */
const polls: Readonly<Record<Reach['kind'], NginxSettings['polls']>> = {
  host: { reload: [10, 20], drain: [10, 250] },
  container: { reload: [20, 50], drain: [50, 500] },
  commands: { reload: [100, 500], drain: [200, 2000] },
  shell: { reload: [100, 500], drain: [200, 2000] },
}

/** Where nothing tells whether a reload is in force, ten times what it takes must do. */
const blindMs = 1000

/**
 * The options checked and complete.
 *
 * @throws FlotillaError `invalid-options`
 */
export function settingsFrom(options: NginxOptions): NginxSettings {
  const given = checkedOptions(options)
  refuseStray(given)
  const reach = reachOf(given)
  const configFile =
    given.configFile ??
    (reach.kind === 'shell' ? reach.commands.configFile : undefined) ??
    `/etc/nginx/conf.d/flotilla-${given.upstream}.conf`
  const server = serverOf(given)
  const internal = internalAddresses(given, configFile, server?.listen ?? [])
  const connectionCount = given.keepAliveConnections ?? defaults.keepAliveConnections
  return {
    name: given.name ?? defaults.name,
    shape: {
      upstream: given.upstream,
      algorithm: given.algorithm ?? defaults.algorithm,
      keepalive:
        connectionCount === 0
          ? undefined
          : { connectionCount, idleMs: given.keepAliveMs ?? defaults.keepAliveMs },
      maxFails: given.maxFails,
      failTimeoutSeconds: given.failTimeoutSeconds,
      server,
      directives: given.directives ?? {},
      accessLog: given.accessLog,
      retryAfterSeconds: given.retryAfterSeconds ?? defaults.retryAfterSeconds,
      internal: { ...internal, status: given.statusUrl === false ? undefined : internal.status },
    },
    reach,
    configFile,
    frontHost: given.frontHost,
    statusUrl: statusUrl(given, reach.kind === 'host', internal.status),
    drainMs: given.drainTimeoutMs ?? defaults.drainTimeoutMs,
    timeoutMs: given.timeoutMs ?? defaults.timeoutMs,
    reloadMs: given.reloadTimeoutMs ?? defaults.reloadTimeoutMs,
    blindMs,
    polls: polls[reach.kind],
    clock: given.clock ?? systemClock,
  }
}

/** Refuses options that would be passed over in silence. */
function refuseStray(given: NginxOptions): void {
  const { container, docker, commands, binary, mainConfigFile, pidFile, accessLog, directives } = given
  if (container === undefined) refuse({ docker }, 'when there is no container')
  else refuse({ commands }, 'when there is a container')
  if (commands !== undefined) refuse({ binary, mainConfigFile }, 'when there are commands, which name it')
  if (commands === undefined && container === undefined) {
    refuse({ frontHost: given.frontHost }, 'when nginx runs on this host')
  } else {
    refuse({ pidFile, accessLog }, 'when nginx does not run on this host')
  }
  if (given.listen !== undefined) return
  const { serverNames, clientKeepAliveMs } = given
  refuse({ serverNames, clientKeepAliveMs }, 'when there is no listen')
  refuse(
    { 'directives.server': directives?.server, 'directives.location': directives?.location },
    'when there is no listen',
  )
}

function refuse(fields: Readonly<Record<string, unknown>>, reason: string): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) throw invalidOption('nginx', field, value, `left out ${reason}`)
  }
}

function reachOf(given: NginxOptions): Reach {
  const { commands, configFile } = given
  if (commands !== undefined) {
    if (!('shell' in commands)) return { kind: 'commands', commands }
    if (configFile !== undefined && configFile !== commands.configFile) {
      const expected = `left out, or ${commands.configFile} as commandsVia has it`
      throw invalidOption('nginx', 'configFile', configFile, expected)
    }
    return { kind: 'shell', commands }
  }
  const program = { binary: given.binary ?? defaults.binary, mainConfigFile: given.mainConfigFile }
  if (given.container === undefined) return { kind: 'host', ...program, pidFile: given.pidFile }
  checkDocker(given.docker ?? {})
  return { kind: 'container', ...program, name: given.container, docker: given.docker ?? {} }
}

function serverOf({ listen, serverNames, clientKeepAliveMs }: NginxOptions): ConfigShape['server'] {
  if (listen === undefined) return undefined
  const entries = typeof listen === 'object' ? listen : [listen]
  const seen = new Set<string>()
  const parsed = entries.map((entry, index): Listen => {
    const field = typeof listen === 'object' ? `listen.${index}` : 'listen'
    const one = parseListen(entry)
    if (one === undefined) {
      const expected =
        "a port, '127.0.0.1:8080', '[::]:80' or 'unix:/run/web.sock', then default_server, ssl, http2, proxy_protocol or deferred"
      throw invalidOption('nginx', field, entry, expected)
    }
    if (seen.has(listenKey(one))) throw invalidOption('nginx', field, entry, 'given once')
    seen.add(listenKey(one))
    return one
  })
  return { listen: parsed, serverNames: serverNames ?? defaults.serverNames, clientKeepAliveMs }
}
