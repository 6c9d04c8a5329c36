import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { parseListening } from '../src/listen/port-holder.js'
import { proxy } from '../src/index.js'
import { closeServer } from './support/close-server.js'
import { eventually, send } from './support/client.js'
import { noLogger, noSignal, startProxy } from './support/proxy.js'
import { startNamed } from './support/worker.js'

const options = { signal: noSignal }

/** Takes a port of this host. */
async function take(port = 0, host = '127.0.0.1'): Promise<{ readonly port: number; free(): Promise<void> }> {
  const server = createServer((socket) => socket.on('error', () => {}).end())
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  let isFree = false
  const free = async (): Promise<void> => {
    if (isFree) return
    isFree = true
    server.close()
    await once(server, 'close')
  }
  onTestFinished(free)
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, free }
}

it('says why it does not listen, and listens with the next sync once the port is free', async () => {
  const taken = await take()
  const worker = await startNamed('a')
  const front = proxy({ port: taken.port, logger: noLogger })
  onTestFinished(() => front.close())
  await expect(front.sync([worker.member], options)).rejects.toMatchObject({ code: 'conflict' })
  expect(await front.check?.(options)).toEqual({
    serves: false,
    reason: expect.stringMatching(
      /this very process listens on port \d+; end that, or give the proxy another `port`/,
    ),
  })
  await taken.free()
  await front.sync([worker.member], options)
  expect(await front.check?.(options)).toEqual({ serves: true })
  expect((await send(taken.port)).body).toBe('a')
})

it('names the program that has the port', async () => {
  const program = `require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const front = proxy({ port: Number(said.toString()), logger: noLogger })
  const who = process.platform === 'linux' ? `process ${child.pid} \\(node\\)` : 'another program'
  await expect(front.sync([], options)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(new RegExp(`^listen on .*: ${who} listens on port`)),
  })
})

it('sees that its listener has died, and that another program has taken the port since', async () => {
  const worker = await startNamed('a')
  const { proxy: front, port, sync } = await startProxy([worker.member])
  closeServer(port)
  expect(await front.check?.(options)).toMatchObject({
    serves: false,
    reason: `nobody listens on 127.0.0.1:${port} any more; the next sync does`,
  })
  const thief = await take(port)
  await expect(sync(worker.member)).rejects.toMatchObject({ code: 'conflict' })
  expect(await front.check?.(options)).toMatchObject({ serves: false })
  await thief.free()
  await sync(worker.member)
  expect(await front.check?.(options)).toEqual({ serves: true })
  expect(front.address?.port).toBe(port)
  expect((await send(port)).body).toBe('a')
})

it('sees that another program answers at another address of the name that clients use', async () => {
  const worker = await startNamed('a')
  const { proxy: front, port, sync } = await startProxy([worker.member], { host: 'localhost' })
  expect(await front.check?.(options)).toEqual({ serves: true })
  const bound = await isListening('127.0.0.1', port)
  const other = bound ? '::1' : '127.0.0.1'
  const thief = await take(port, other).catch(() => undefined)
  // A host without IPv6 has no other address.
  if (thief === undefined) return
  const { lookup } = await import('node:dns/promises')
  const names = await lookup('localhost', { all: true })
  const isShadowed = names.some(({ address }) => address === other)
  expect(await front.check?.(options)).toMatchObject({ serves: !isShadowed })
  if (isShadowed) await expect(sync(worker.member)).rejects.toMatchObject({ code: 'conflict' })
  await thief.free()
  await sync(worker.member)
  expect(await front.check?.(options)).toEqual({ serves: true })
})

it.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'])(
  'finds itself when it listens on %s',
  async (host) => {
    const front = proxy({ port: 0, host, logger: noLogger })
    onTestFinished(() => front.close())
    const isThere = await front.listen().then(
      () => true,
      () => false,
    )
    // A host without IPv6 cannot listen there, and says so.
    expect(await front.check?.(options)).toMatchObject({ serves: isThere })
  },
)

it('finds itself when all connections are taken', async () => {
  const {
    proxy: front,
    port,
    read,
  } = await startProxy([], {
    maxConnections: 1,
    queue: { max: 5, timeoutMs: 60_000 },
  })
  const waiting = send(port)
  await eventually(async () => (await read('http.in_flight')) === 1)
  expect(await front.check?.(options)).toEqual({ serves: true })
  await front.close()
  expect((await waiting).status).toBe(503)
  await expect(front.check?.(options)).rejects.toMatchObject({ code: 'closed' })
})

it('reads from the kernel’s tables who listens', () => {
  const tables = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1F90 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1000        0 4712 1 0000000000000000 20 4 0 10 -1
   2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
   3: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4714 1 0000000000000000 100 0 0 10 0
`
  expect(parseListening(tables, 8080)).toEqual(['4711', '4713'])
  expect(parseListening(tables, 80)).toEqual([])
})

async function isListening(host: string, port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => void socket.destroy())
  })
}
