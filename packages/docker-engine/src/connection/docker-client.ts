import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import Docker from 'dockerode'
import type { Connection } from './connection.js'
import { SshAgent } from './ssh-agent.js'

// For those who name its types without depending on it.
export type { Docker }

/** dockerode on one engine, and what closes its idle connections. */
export interface DockerClient {
  readonly docker: Docker
  /** Closes the connections that nobody uses. */
  readonly close: () => void
}

/** The engine at a connection, through dockerode; it goes there whatever the environment says. Nothing is asked yet. */
export function openDocker(connection: Connection): DockerClient {
  const agent = agentFor(connection)
  const options = { ...nothingFromEnv, ...endpoint(connection), agent }
  return { docker: new Docker(options), close: () => agent.destroy() }
}

/** dockerode fills in from `DOCKER_HOST` and its like whatever is not said; ours are read in one place only. */
const nothingFromEnv = {
  host: undefined,
  port: undefined,
  protocol: 'http' as const,
  socketPath: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  username: undefined,
  pathPrefix: '/',
}

function endpoint(connection: Connection): Docker.DockerOptions {
  switch (connection.kind) {
    case 'socket':
      return { socketPath: connection.path }
    case 'tcp': {
      const { host, port, tls } = connection
      return { host, port, protocol: tls === undefined ? 'http' : 'https', ...given(tls) }
    }
    case 'ssh':
      // The agent's connections lead to the engine, whatever the address.
      return { host: 'docker.invalid', port: 80 }
  }
}

/** Connections are kept, so that a call costs no new one, and tested while quiet, so that a dead far end is noticed. */
function agentFor(connection: Connection): Agent {
  const options = { keepAlive: true, keepAliveMsecs: 15_000 }
  if (connection.kind === 'ssh') return new SshAgent(connection, options)
  const tls = connection.kind === 'tcp' ? connection.tls : undefined
  return tls === undefined ? new Agent(options) : new TlsAgent({ ...options, ...given(tls) })
}

/** The texts that are there. */
function given(tls: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(tls ?? {}).filter(([, text]) => text !== undefined))
}
