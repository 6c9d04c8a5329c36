import { createServer } from 'node:net'
import { FlotillaError } from '@flotilla/core'
import { errnoOf } from '@flotilla/core/authoring'

/**
 * Whether a server could listen there now.
 *
 * @throws FlotillaError `invalid-template` when the host is no address of this machine or the port is not for this user
 */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // `exclusive` keeps a cluster worker from asking its primary, which would share the port.
      server.listen({ host, port, exclusive: true }, resolve)
    })
    return true
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return false
    const why = `no instance could listen on ${host} port ${port}: ${errnoOf(error) ?? String(error)}`
    throw new FlotillaError('invalid-template', why, { cause: error })
  } finally {
    // Closing a server that never listened is answered with an error nobody needs.
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
}
