import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { startLoad, type LoadOptions, type LoadReport } from '../lib/load-generator.js'

let server: Server | undefined
const sockets = new Set<Socket>()

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server?.close(resolve))
})

/** Answers as members do. */
const good: RequestListener = (incoming, response) => {
  let received = 0
  incoming.on('data', (chunk: Buffer) => (received += chunk.length))
  incoming.on('end', () => {
    response.setHeader('x-received', received)
    response.setHeader('x-member', 'm1')
    response.end()
  })
}

async function load(listener: RequestListener, options: Partial<LoadOptions>, ms = 400): Promise<LoadReport> {
  server = createServer({ keepAliveTimeout: 60_000 }, listener)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const running = startLoad({ url, ratePerSecond: 200, slowRatio: 0, ...options })
  await sleep(ms)
  return running.stop()
}

describe('the load', () => {
  it('is what was asked for, and all of it is accounted for', async () => {
    const seen = { posts: 0, slow: 0, fresh: new Set<unknown>() }
    const report = await load(
      (incoming, response) => {
        if (incoming.method === 'POST') seen.posts += 1
        if (incoming.url === '/?ms=300') seen.slow += 1
        seen.fresh.add(incoming.socket)
        good(incoming, response)
      },
      { ratePerSecond: 500, slowRatio: 0.1, freshRatio: 0.5, postRatio: 0.3 },
    )
    expect(report).toMatchObject({ hardCount: 0, staleCount: 0, pendingCount: 0, failures: [] })
    expect(report.okCount).toBe(report.sentCount)
    expect(report.byMember).toEqual({ m1: report.okCount })
    expect(report.sentCount).toBeGreaterThan(50)
    const share = (count: number): number => count / report.sentCount
    expect(share(seen.posts)).toBeGreaterThan(0.1)
    expect(share(seen.posts)).toBeLessThan(0.5)
    expect(seen.slow).toBeGreaterThan(0)
    expect(share(seen.fresh.size)).toBeGreaterThan(0.3)
    expect(share(seen.fresh.size)).toBeLessThan(0.9)
  })

  it('counts an answer that is no 200 as a hard failure', async () => {
    const report = await load((_, response) => response.writeHead(502).end(), {})
    expect(report.hardCount).toBe(report.sentCount)
    expect(report.failures).toHaveLength(Math.min(20, report.sentCount))
    expect(report.failures[0]).toMatchObject({ kind: 'hard', reason: 'answered 502' })
  })

  it('counts a fresh connection that breaks as a hard failure, retry or not', async () => {
    const report = await load((incoming) => incoming.socket.destroy(), { freshRatio: 1, retriesStale: true })
    expect(report).toMatchObject({ hardCount: report.sentCount, staleCount: 0, retryCount: 0 })
  })

  it('counts an answer that breaks off, or misses a part of the body, as a hard failure', async () => {
    const cut = await load((incoming, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('x')
      setTimeout(() => incoming.socket.destroy(), 5)
    }, {})
    expect(cut.hardCount).toBe(cut.sentCount)
    await new Promise((resolve) => server?.close(resolve))
    const short = await load(
      (incoming, response) => {
        incoming.resume()
        response.setHeader('x-received', 0).end()
      },
      { postRatio: 1 },
    )
    expect(short.hardCount).toBe(short.sentCount)
  })

  it('counts no answer in time as a hard failure', async () => {
    const report = await load(() => {}, { timeoutMs: 50 }, 200)
    expect(report).toMatchObject({ hardCount: report.sentCount, pendingCount: 0 })
  })

  /** Ends every kept connection in place of its second answer. */
  const closing: RequestListener = (incoming, response) => {
    const socket = incoming.socket as Socket & { served?: boolean }
    if (socket.served === true) socket.destroy()
    else {
      socket.served = true
      good(incoming, response)
    }
  }

  it('tells a dead kept connection from a hard failure', async () => {
    const report = await load(closing, { freshRatio: 0 })
    expect(report.hardCount).toBe(0)
    expect(report.staleCount).toBeGreaterThan(0)
    expect(report.okCount + report.staleCount).toBe(report.sentCount)
    expect(report.failures[0]).toMatchObject({ kind: 'stale', isFresh: false })
  })

  it('sends such a request again when told to, on a fresh connection', async () => {
    const report = await load(closing, { freshRatio: 0, retriesStale: true })
    expect(report).toMatchObject({ okCount: report.sentCount, hardCount: 0, staleCount: 0 })
    expect(report.retryCount).toBeGreaterThan(0)
  })
})
