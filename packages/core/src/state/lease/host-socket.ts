import { readFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:net'
import { errnoOf } from '../../system/system-failure.js'

/** All that the kernel has room for in the address of a socket. */
const addressLength = 108

/** The name filled up: Node 20 fills it with zeros, later versions take it as it is, and they must mean the same socket. */
const filled = (name: string): string => `\0${name}`.padEnd(addressLength, '.').slice(0, addressLength)

/**
 * Takes a name among Linux' abstract sockets, which only one socket of the host can have. The kernel gives it free when the
 * process ends, however it ends.
 *
 * @returns undefined when the name is taken
 */
export async function takeName(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // Exclusive: the workers of Node's cluster would share it.
      server.listen({ path: filled(name), exclusive: true }, resolve)
    })
  } catch (error) {
    if (errnoOf(error) === 'EADDRINUSE') return undefined
    throw error
  }
  server.on('error', () => {})
  return server.unref()
}

/** The names that are taken and begin so, without the filling. */
export async function namesFrom(prefix: string): Promise<readonly string[]> {
  const table = await readFile('/proc/net/unix', 'utf8')
  return table.split('\n').flatMap((line) => {
    const at = line.indexOf(`@${prefix}`)
    return at < 0 ? [] : [line.slice(at + 1).replace(/\.+$/, '')]
  })
}

export async function giveBack(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
