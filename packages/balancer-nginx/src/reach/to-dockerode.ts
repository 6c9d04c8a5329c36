import { FlotillaError, invalidOption } from '@flotilla/core'
import type Docker from 'dockerode'
import type { DockerConnection } from './docker-connection.js'

const forSsh =
  "a unix:// or tcp:// address; through ssh, give commandsVia(['ssh', HOST, 'docker', 'exec', '-i', NAME])"

/** @throws FlotillaError `invalid-options` */
export function checkConnection({ host, tls }: DockerConnection): void {
  if (host !== undefined) toDockerode({ host })
  const { ca, cert, key } = tls ?? { ca: 'x', cert: 'x', key: 'x' }
  if ([ca, cert, key].every((text: unknown) => typeof text === 'string' && text !== '')) return
  const message = 'nginx: docker.tls must be { ca, cert, key }, three PEM texts, got (hidden)'
  throw new FlotillaError('invalid-options', message, { field: 'docker.tls' })
}

/** What dockerode takes. Left out, it does as the `docker` command does. */
export function toDockerode({ host, tls }: DockerConnection): Docker.DockerOptions {
  if (host === undefined) return {}
  const socketPath = host.startsWith('unix://') ? host.slice(7) : host
  // Else a DOCKER_HOST of the environment would win.
  if (socketPath.startsWith('/')) return { socketPath, host: undefined }
  const url = URL.canParse(host) ? new URL(host) : undefined
  // dockerode's own ssh client takes any host key.
  if (url === undefined || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw invalidOption('nginx', 'docker.host', host, forSsh)
  }
  const isSecret = tls !== undefined || url.protocol === 'https:'
  const port = url.port === '' ? (isSecret ? 2376 : 2375) : Number(url.port)
  return { host: url.hostname.replaceAll(/[[\]]/g, ''), port, protocol: isSecret ? 'https' : 'http', ...tls }
}

/** @throws FlotillaError `unsupported` for what the environment says and we do not do */
export function refuseEnvironment({ host }: DockerConnection, env: NodeJS.ProcessEnv): void {
  if (host !== undefined || env['DOCKER_HOST']?.startsWith('ssh:') !== true) return
  throw new FlotillaError(
    'unsupported',
    `connect to the DOCKER_HOST of the environment: it must be ${forSsh}`,
  )
}
