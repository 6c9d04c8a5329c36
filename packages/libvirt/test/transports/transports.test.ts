import { chmod, writeFile } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { connect as connectSocket, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import { FakeLibvirtd } from '../fake-libvirtd.js'

let daemon: FakeLibvirtd
const servers: Server[] = []
const sockets = new Set<Socket>()

beforeEach(async () => {
  daemon = await FakeLibvirtd.start()
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  for (const server of servers.splice(0)) server.close()
  await daemon.stop()
})

/** Hands what comes in on to the fake daemon. */
function forward(socket: Socket): void {
  const inner = connectSocket(daemon.socketPath)
  sockets.add(socket).add(inner)
  socket.on('error', () => {}).pipe(inner)
  inner.on('error', () => {}).pipe(socket)
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

/** Asks one thing over the connection. */
async function ask(uri: string): Promise<number> {
  const connection = await connect(uri, { connectTimeoutMs: 10_000, reconnectMinDelayMs: 5 })
  try {
    return await connection.connectGetLibVersion()
  } finally {
    await connection.close()
  }
}

describe('TCP', () => {
  it('carries calls', async () => {
    const port = await listen(createServer(forward))
    expect(await ask(`qemu+tcp://127.0.0.1:${port}/system`)).toBe(9_000_000)
  })
})

describe('TLS', () => {
  const pki = fileURLToPath(new URL('../fixtures/pki', import.meta.url))
  const strangers = fileURLToPath(new URL('../fixtures/stranger-pki', import.meta.url))
  const read = (name: string): Buffer => readFileSync(join(pki, name))

  /** @param greeting - what it says once it has seen the client's certificate; undefined closes */
  const listenTls = (greeting: number | undefined): Promise<number> => {
    const server = createTlsServer(
      {
        ca: read('cacert.pem'),
        cert: read('servercert.pem'),
        key: read('serverkey.pem'),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (socket) => {
        if (greeting === undefined || !socket.authorized) {
          socket.on('error', () => {}).end()
          return
        }
        socket.write(Buffer.from([greeting]))
        forward(socket)
      },
    )
    server.on('tlsClientError', () => {})
    return listen(server)
  }

  it('carries calls, after both have shown their certificates', async () => {
    const port = await listenTls(1)
    expect(await ask(`qemu+tls://localhost:${port}/system?pkipath=${pki}`)).toBe(9_000_000)
    expect(await ask(`qemu+tls://127.0.0.1:${port}/system?pkipath=${pki}`)).toBe(9_000_000)
  })

  it.each([undefined, 0])('is refused where the daemon greets with %s', async (greeting) => {
    const port = await listenTls(greeting)
    await expect(ask(`qemu+tls://localhost:${port}/system?pkipath=${pki}`)).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringContaining('did not accept this client’s certificate') as string,
    })
  })

  it('does not trust a server of another CA, unless it is told to, and then is not trusted itself', async () => {
    const port = await listenTls(1)
    const uri = `qemu+tls://localhost:${port}/system?pkipath=${strangers}`
    await expect(ask(uri)).rejects.toMatchObject({ name: 'LibvirtError', kind: 'connection' })
    await expect(ask(`${uri}&no_verify=1`)).rejects.toMatchObject({ kind: 'authentication' })
  })

  it('names the certificate that is not there', async () => {
    await expect(ask(`qemu+tls://localhost:1/system?pkipath=${daemon.directory}`)).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringContaining(join(daemon.directory, 'cacert.pem')) as string,
    })
  })
})

describe('ssh', () => {
  /** A program in place of ssh; what it may run stands in `bridge`. */
  async function fakeSsh(script: string): Promise<string> {
    const path = join(daemon.directory, 'ssh')
    const bridge = join(daemon.directory, 'bridge.mjs')
    await writeFile(
      bridge,
      `import { connect } from 'node:net'
const socket = connect(${JSON.stringify(daemon.socketPath)})
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('close', () => process.exit())`,
    )
    const run = `exec ${process.execPath} ${bridge}`
    await writeFile(
      path,
      `#!/bin/sh\necho "$@" >> ${daemon.directory}/args\n${script.replaceAll('BRIDGE', run)}\n`,
    )
    await chmod(path, 0o755)
    return path
  }
  const args = (): string[] => readFileSync(join(daemon.directory, 'args'), 'utf8').trim().split('\n')

  it('carries calls by way of virt-ssh-helper', async () => {
    const command = await fakeSsh('BRIDGE')
    expect(await ask(`qemu+ssh://me@there/system?command=${command}`)).toBe(9_000_000)
    expect(args()).toEqual(['-l me -T -e none -o BatchMode=yes -- there virt-ssh-helper qemu:///system'])
  })

  it('falls back to netcat where the host has no virt-ssh-helper', async () => {
    const command = await fakeSsh('case "$*" in *virt-ssh-helper*) exit 127;; esac\nBRIDGE')
    expect(await ask(`qemu+ssh://there/system?command=${command}`)).toBe(9_000_000)
    expect(args().map((line) => line.split(' -- ')[1])).toEqual([
      'there virt-ssh-helper qemu:///system',
      'there nc -U /var/run/libvirt/libvirt-sock',
    ])
  })

  it('reaches the socket that the URI names, and no other daemon', async () => {
    const command = await fakeSsh('BRIDGE')
    expect(await ask(`qemu+ssh://there/system?socket=/run/other/sock&command=${command}`)).toBe(9_000_000)
    expect(await ask(`qemu+ssh://there/system?mode=direct&command=${command}`)).toBe(9_000_000)
    expect(args().map((line) => line.split(' -- ')[1])).toEqual([
      'there nc -U /run/other/sock',
      'there nc -U /var/run/libvirt/virtqemud-sock',
    ])
    const native = `qemu+ssh://there/system?proxy=native&socket=/run/other/sock&command=${command}`
    await expect(ask(native)).rejects.toMatchObject({
      kind: 'invalid-argument',
      message: expect.stringContaining('"socket"') as string,
    })
  })

  it('uses only what proxy= names', async () => {
    const command = await fakeSsh('case "$*" in *virt-ssh-helper*) exit 127;; esac\nBRIDGE')
    await expect(ask(`qemu+ssh://there/system?proxy=native&command=${command}`)).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('exit code 127') as string,
    })
    expect(await ask(`qemu+ssh://there/system?proxy=netcat&command=${command}`)).toBe(9_000_000)
    expect(args()).toHaveLength(2)
  })

  it('repeats ssh’s own words where it fails', async () => {
    const command = await fakeSsh('echo "Permission denied (publickey)." >&2; exit 255')
    await expect(ask(`qemu+ssh://there/system?command=${command}`)).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('exit code 255: Permission denied (publickey).') as string,
    })
  })

  it('says when there is no ssh', async () => {
    await expect(ask(`qemu+ssh://there/system?command=${daemon.directory}/none`)).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('ENOENT') as string,
    })
  })

  it('leaves no child behind', async () => {
    const command = await fakeSsh(`echo $$ > ${daemon.directory}/pid\nBRIDGE`)
    await ask(`qemu+ssh://there/system?command=${command}`)
    const pid = Number(readFileSync(join(daemon.directory, 'pid'), 'utf8'))
    const lives = (): boolean => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    }
    await expect.poll(lives, { timeout: 5_000 }).toBe(false)
  })
})
