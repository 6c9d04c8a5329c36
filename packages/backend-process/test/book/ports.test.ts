import { once } from 'node:events'
import { createServer } from 'node:net'
import { mkdir, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Ports } from '../../src/book/ports.js'
import { Playground, never } from '../support/playground.js'

let playground: Playground
let ports: Ports

beforeEach(async () => {
  playground = await Playground.make()
  ports = new Ports(playground.stateDir, playground.records)
})
afterEach(async () => playground.cleanup())

/** As a launch does: the holder has its directory first. */
async function reserve(token: string, portRange: readonly [number, number], by = ports): Promise<number> {
  await mkdir(playground.records.directory('web', token), { recursive: true })
  const request = { host: '127.0.0.1', portRange, group: 'web', token, signal: never }
  return by.reserve({ ...request, announce: async () => {} })
}

/** A range that lies where few programs listen; the numbers differ from one run to the next. */
const first = 30_100 + (process.pid % 2_000)

describe('ports', () => {
  it('are given out once, to however many at the same time', async () => {
    const others = new Ports(playground.stateDir, playground.records)
    const taken = await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        reserve(`t-${index}`, [first, first + 39], index % 2 === 0 ? ports : others),
      ),
    )
    expect(new Set(taken).size).toBe(20)
    for (const port of taken) expect(port >= first && port <= first + 39).toBe(true)
  })

  it('run out with no-capacity, and come back when they are released', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(reserve('t-1', [port, port]), 'somebody listens there').rejects.toMatchObject({
      code: 'no-capacity',
    })
    server.close()
    await once(server, 'close')
    expect(await reserve('t-1', [port, port])).toBe(port)
    await expect(reserve('t-2', [port, port]), 'an instance holds it').rejects.toMatchObject({
      code: 'no-capacity',
    })
    await ports.release(port, 'web', 't-1')
    expect(await reserve('t-2', [port, port])).toBe(port)
  })

  it('are released by their holder only', async () => {
    const port = await reserve('t-1', [first, first + 9])
    await ports.release(port, 'web', 't-2')
    await expect(reserve('t-2', [port, port])).rejects.toMatchObject({ code: 'no-capacity' })
  })

  it('whose holder was removed by hand are free again', async () => {
    const port = await reserve('t-1', [first, first + 9])
    await rm(playground.records.directory('web', 't-1'), { recursive: true })
    expect(await reserve('t-2', [port, port])).toBe(port)
  })

  it('are announced before they are taken, so that none is lost to a crash', async () => {
    const order: string[] = []
    await mkdir(playground.records.directory('web', 't'), { recursive: true })
    const announce = async (port: number): Promise<void> => {
      order.push(`announced, ${(await playground.leftovers(['web.t'])).length} held by others`)
      const taken = await playground.leftovers()
      order.push(taken.includes(`file ports/${port}`) ? 'taken' : 'not yet taken')
    }
    const request = { host: '127.0.0.1', portRange: [first, first + 9] as const, group: 'web', token: 't' }
    await ports.reserve({ ...request, signal: never, announce })
    expect(order).toEqual(['announced, 0 held by others', 'not yet taken'])
  })

  it('are not looked for any longer when the signal aborts', async () => {
    const reason = new Error('enough')
    const request = { host: '127.0.0.1', portRange: [first, first + 9] as const, group: 'web', token: 't' }
    const reserving = ports.reserve({
      ...request,
      signal: AbortSignal.abort(reason),
      announce: async () => {},
    })
    await expect(reserving).rejects.toBe(reason)
  })
})
