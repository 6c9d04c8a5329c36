import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const configuration = fileURLToPath(new URL('../../haproxy.cfg', import.meta.url))

/** An HAProxy of its own, with the configuration that the example has. */
export async function startHaproxy() {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-haproxy-'))
  const socket = join(directory, 'haproxy.sock')
  const bind = `127.0.0.1:${await freePort()}`
  let running: ChildProcess
  const start = async () => {
    const env = { ...process.env, SOCKET: socket, BIND: bind }
    running = spawn('haproxy', ['-db', '-f', configuration], { env, stdio: 'ignore' })
    await once(running, 'spawn')
    while (!(await answers(socket))) await sleep(10)
  }
  const end = async () => {
    const exited = once(running, 'exit')
    running.kill('SIGKILL')
    await exited
  }
  await start()
  return {
    socket,
    url: `http://${bind}`,
    /** As an operator would: its servers were in its memory. */
    restart: async () => {
      await end()
      await start()
    },
    stop: async () => {
      await end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const answers = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path, () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
