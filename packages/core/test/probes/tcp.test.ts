import { describe, expect, it } from 'vitest'
import { tcpProbe } from '../../src/probes/tcp.js'
import { freePort, serveTcp } from '../http/loopback.js'
import { call, target } from './targets.js'

describe('tcpProbe', () => {
  it('finds an instance that takes connections healthy, sends it nothing and leaves none open', async () => {
    let received = 0
    let connections = 0
    const { address, allClosed } = await serveTcp((socket) => {
      connections += 1
      socket.on('data', ({ length }) => {
        received += length
      })
    })
    expect(await tcpProbe().check(target(address), call())).toEqual({ healthy: true })
    await allClosed()
    expect({ connections, received }).toEqual({ connections: 1, received: 0 })
  })

  it('says that nobody listens', async () => {
    const address = { host: '127.0.0.1', port: await freePort() }
    expect(await tcpProbe().check(target(address), call())).toEqual({
      healthy: false,
      reason: `connect ECONNREFUSED 127.0.0.1:${address.port}`,
    })
  })

  it('says that nobody listens on any address of a name', async () => {
    const result = await tcpProbe().check(target({ host: 'localhost', port: await freePort() }), call())
    expect(result).toMatchObject({ healthy: false, reason: expect.stringContaining('ECONNREFUSED') })
  })

  it('asks another port when told', async () => {
    const { address } = await serveTcp(() => {})
    const other = { host: address.host, port: await freePort() }
    expect(await tcpProbe({ port: address.port }).check(target(other), call())).toEqual({ healthy: true })
  })

  it('rejects with the reason of the signal, before and while it connects', async () => {
    const { address, allClosed } = await serveTcp((socket) => void socket.resume())
    const abort = new AbortController()
    const reason = new Error('enough')
    const checking = tcpProbe().check(target(address), call(abort.signal))
    abort.abort(reason)
    await expect(checking).rejects.toBe(reason)
    await expect(tcpProbe().check(target(address), call(abort.signal))).rejects.toBe(reason)
    await allClosed()
  })

  it.each<[object, string]>([
    [{ timeoutMs: -1 }, 'timeoutMs'],
    [{ port: 65_536 }, 'port'],
    [{ path: '/' }, 'path'],
  ])('refuses %o', (options, field) => {
    expect(() => tcpProbe(options)).toThrow(expect.objectContaining({ code: 'invalid-options', field }))
  })
})
