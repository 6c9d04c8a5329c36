import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'

// #region server
/** A Redis of its own, which keeps nothing. */
export async function startRedis() {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', directory]
  const server = spawn('redis-server', args, { stdio: 'ignore' })
  await once(server, 'spawn')
  const client = createClient({ url: `redis://127.0.0.1:${port}`, socket: { reconnectStrategy: () => 20 } })
  client.on('error', () => {})
  await client.connect()
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    /** From now on it does not answer; it keeps its connections. */
    freeze: () => void server.kill('SIGSTOP'),
    stop: async () => {
      if (client.isOpen) client.destroy()
      const exited = server.exitCode === null && server.signalCode === null ? once(server, 'exit') : undefined
      server.kill('SIGKILL')
      await exited
      await rm(directory, { recursive: true, force: true })
    },
  }
}
// #endregion

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
