import { FlotillaError } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { codeOfText } from '../../errors.js'
import type { ContainerConnection } from './dockerode-container.js'
import type { DockerConnection } from './docker-connection.js'

const packageName = '@flotilla/docker-engine'

/**
 * The engine that these options mean. What connects to it is a package of its own, which only those need who have Nginx in
 * a container.
 *
 * @throws FlotillaError `unsupported` when that package is not installed; `invalid-options`
 */
export async function openEngine(options: DockerConnection): Promise<ContainerConnection> {
  const { findEngine, fromDocker, openDocker } = await loadEngine()
  const { connection, target } = findEngine(options, process.env, { constructor: 'nginx', prefix: 'docker.' })
  const { docker, close } = openDocker(connection)
  return {
    docker,
    close,
    isLocal: connection.kind === 'socket',
    failure: (what, cause) => fromDocker(cause, { what, target, otherwise: codeOfText(messageOf(cause)) }),
  }
}

async function loadEngine(): Promise<typeof import('@flotilla/docker-engine')> {
  try {
    return await import('@flotilla/docker-engine')
  } catch (error) {
    const isMissing =
      error instanceof Error &&
      error.message.includes(packageName) &&
      'code' in error &&
      error.code === 'ERR_MODULE_NOT_FOUND'
    if (!isMissing) throw error
    const message = `reach nginx in a container: ${packageName} is not installed: npm install ${packageName}`
    throw new FlotillaError('unsupported', message, { cause: error })
  }
}
