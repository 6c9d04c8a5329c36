import { Agent } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { eventually, send } from '../support/client.js'
import { startProxy } from '../support/proxy.js'
import { startNamed, startRawMember, startWorker } from '../support/worker.js'

it('uses a connection to a member again', async () => {
  const worker = await startNamed('a')
  const { port } = await startProxy([worker.member], { keepAliveMs: 60_000 })
  for (let round = 0; round < 10; round += 1) await send(port, { method: 'POST', body: 'x' })
  expect(worker.connectionCount()).toBe(1)
})

it('loses no POST to a member that closes its connections after 5 ms', async () => {
  const worker = await startWorker(
    (request, response) => request.resume().once('end', () => response.end('ok')),
    {
      keepAliveTimeout: 5,
    },
  )
  const { port } = await startProxy([worker.member])
  const agent = new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const statuses: number[] = []
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let round = 0; round < 50; round += 1) {
        statuses.push((await send(port, { method: 'POST', body: 'x'.repeat(1000), agent })).status)
        await new Promise((resolve) => setTimeout(resolve, 2 + (round % 6)))
      }
    }),
  )
  expect(statuses).toHaveLength(400)
  expect(statuses.every((status) => status === 200)).toBe(true)
})

it('closes a connection before the member said it would', async () => {
  const worker = await startWorker((_, response) => {
    response.setHeader('connection', 'keep-alive')
    response.setHeader('keep-alive', 'timeout=1')
    response.end()
  })
  const { port } = await startProxy([worker.member], { keepAliveMs: 60_000 })
  await send(port)
  await eventually(() => worker.requests[0]?.socket.destroyed === true)
  await send(port)
  expect(worker.connectionCount()).toBe(2)
})

it('closes a connection that was not used for too long', async () => {
  const worker = await startNamed('a')
  const { port } = await startProxy([worker.member], { keepAliveMs: 20 })
  await send(port)
  await eventually(() => worker.requests[0]?.socket.destroyed === true)
  expect(worker.connectionCount()).toBe(1)
})

it('keeps no connection at 0', async () => {
  const worker = await startNamed('a')
  const { port } = await startProxy([worker.member], { keepAliveMs: 0 })
  await send(port)
  await send(port)
  expect(worker.connectionCount()).toBe(2)
})

it('takes no answer from a connection that spoke before it was asked', async () => {
  let connections = 0
  let evil = 0
  const answer = (body: string): string => `HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n${body}`
  const member = await startRawMember((socket) => {
    connections += 1
    socket.on('data', () => {
      socket.write(answer('good'))
      setTimeout(() => socket.write(answer('evil'), () => (evil += 1)), 5)
    })
  })
  const { port } = await startProxy([member], { keepAliveMs: 60_000 })
  for (let round = 1; round <= 3; round += 1) {
    expect((await send(port)).body).toBe('good')
    await eventually(() => evil === round)
    // It has arrived, and the event loop gets round to it.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(connections).toBe(3)
})
