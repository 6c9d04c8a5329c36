import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { FakeClock } from '@flotilla/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { send } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { readBody, refusingMember, startNamed, startRawMember, startWorker } from '../support/worker.js'

const body = Buffer.alloc(300_000, 'abc')

it.each(['GET', 'POST', 'DELETE', 'PATCH'])(
  'takes a %s with a body to the next member when one refuses the connection, once and whole',
  async (method) => {
    const bodies: Buffer[] = []
    const worker = await startWorker(async (request, response) => {
      bodies.push(await readBody(request))
      response.end('done')
    })
    const { port } = await startProxy([await refusingMember('gone'), worker.member])
    const headers = { 'content-length': String(body.length) }
    // Two of two requests: whichever turn the round robin begins with, one of them meets the refusing member first.
    for (let round = 0; round < 2; round += 1) {
      expect(await send(port, { method, body, headers })).toMatchObject({ status: 200, body: 'done' })
    }
    expect(bodies).toHaveLength(2)
    for (const received of bodies) expect(received.equals(body)).toBe(true)
  },
)

it('goes past several members that refuse', async () => {
  const gone = await Promise.all(Array.from({ length: 20 }, (_, index) => refusingMember(`gone-${index}`)))
  const worker = await startNamed('alive')
  const { port } = await startProxy([...gone, worker.member])
  for (let round = 0; round < 3; round += 1) {
    expect(await send(port, { method: 'POST', body })).toMatchObject({ status: 200, body: 'alive' })
  }
})

it('answers 503 with Retry-After when every member refuses', async () => {
  const { port, read } = await startProxy([await refusingMember('a'), await refusingMember('b')])
  const answer = await send(port, { method: 'POST', body })
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  expect(answer.body).toContain('no member takes connections')
  expect(await read('http.in_flight')).toBe(0)
  expect(await read('http.instance_in_flight', 'a')).toBe(0)
})

it('answers 503 with Retry-After when there is no member', async () => {
  const { port } = await startProxy([], { retryAfterSeconds: 7 })
  const answer = await send(port)
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '7' } })
})

it.each(['GET', 'POST'])('never repeats a %s that was sent, whatever became of it', async (method) => {
  let arrivals = 0
  const breaking = async () =>
    startRawMember((socket) => {
      socket.once('data', () => {
        arrivals += 1
        socket.destroy()
      })
    })
  const { port, read } = await startProxy([await breaking(), await breaking()])
  expect(await send(port, { method, body: method === 'POST' ? body : '' })).toMatchObject({ status: 502 })
  expect(arrivals).toBe(1)
  expect(await read('http.in_flight')).toBe(0)
})

it('passes over a member that refused, for a second, while there are others', async () => {
  const clock = new FakeClock()
  const worker = await startNamed('alive')
  const back = await startNamed('back')
  await back.stop()
  const { port } = await startProxy([back.member, worker.member], { clock })
  const answers = async (): Promise<string> => (await send(port)).body
  expect(await answers()).toBe('alive')

  // It listens again at once, and is still spared.
  const again = await startWorker((_, response) => response.end('back'), { port: back.member.port })
  for (let round = 0; round < 4; round += 1) expect(await answers()).toBe('alive')
  expect(again.requests).toHaveLength(0)

  await clock.advance(1000)
  const later = [await answers(), await answers()]
  expect(later.toSorted()).toEqual(['alive', 'back'])
})

it('still asks a member that refused when there is no other', async () => {
  const back = await startNamed('back')
  await back.stop()
  const { port } = await startProxy([back.member], { clock: new FakeClock() })
  expect((await send(port)).status).toBe(503)
  await startWorker((_, response) => response.end('back'), { port: back.member.port })
  expect((await send(port)).body).toBe('back')
})

it('gives up on a member that does not take the connection in time', async () => {
  const { port: deafPort } = await startDeaf()
  const worker = await startNamed('alive')
  const members = [{ id: 'deaf', host: '127.0.0.1', port: deafPort }, worker.member]
  const { port } = await startProxy(members, { connectTimeoutMs: 700 })
  for (let round = 0; round < 2; round += 1) {
    expect(await send(port, { method: 'POST', body })).toMatchObject({ status: 200, body: 'alive' })
  }
})

/** A process that listens and never takes a connection, with its queue of them full. */
async function startDeaf(): Promise<{ port: number }> {
  const script = `
    const net = require('node:net')
    const server = net.createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  const port = Number(text.toString())
  const { connect } = await import('node:net')
  for (let filler = 0; filler < 4; filler += 1) {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    onTestFinished(() => void socket.destroy())
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { port }
}
