import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { ConnectOptions } from '../../src/connect-options.js'
import { eventually } from '../eventually.js'
import { FakeLibvirtd, intPayload, procedures, xdr } from '../fake-libvirtd.js'

let daemon: FakeLibvirtd
beforeEach(async () => {
  daemon = await FakeLibvirtd.start()
})
afterEach(() => daemon.stop())

/** Connects and closes again; the outcome is that of the connecting. */
async function tryToConnect(options: ConnectOptions = {}, uri = daemon.uri): Promise<void> {
  const connection = await connect(uri, options)
  await connection.close()
}

const offers = (...types: number[]): void => {
  const payload = types.reduce((writer, type) => writer.int(type), xdr().uint(types.length)).finish()
  daemon.on(procedures.authList, (client, packet) => client.reply(packet, payload))
}
const heard = (): number[] => daemon.client.heard.map(({ procedure }) => procedure)

describe('connect', () => {
  it('asks how to authenticate, opens the URI without its transport, and asks for features', async () => {
    const connection = await connect(daemon.uri)
    expect(heard()).toEqual([66, 1, 60, 60])
    expect(daemon.client.heard[1]?.payload).toEqual(xdr().optionalString('qemu:///system').uint(0).finish())
    expect(connection.uri).toBe(daemon.uri)
    expect(connection.isConnected).toBe(true)
    await connection.close()
  })

  it('can ask for reading only', async () => {
    await tryToConnect({ readOnly: true })
    expect(daemon.client.heard[1]?.payload).toEqual(xdr().optionalString('qemu:///system').uint(1).finish())
  })

  it.each([[[]], [[0]], [[2, 0]]])('needs no authentication where the daemon offers %j', async (types) => {
    offers(...types)
    await tryToConnect()
    expect(heard()).not.toContain(procedures.authPolkit)
  })

  it('goes through polkit where the daemon asks for it', async () => {
    offers(2)
    daemon.on(procedures.authPolkit, (client, packet) => client.reply(packet, intPayload(1)))
    await tryToConnect()
    expect(heard().slice(0, 3)).toEqual([66, 70, 1])
  })

  it('says what would help where polkit refuses', async () => {
    offers(2)
    daemon.on(procedures.authPolkit, (client, packet) => client.refuse(packet, 1, 'no system bus', 47))
    await expect(tryToConnect()).rejects.toMatchObject({
      name: 'LibvirtError',
      kind: 'authentication',
      code: 1,
      domain: 47,
      message: expect.stringContaining('group “libvirt”') as string,
    })
  })

  it.each([
    [[1], 'SASL'],
    [[9], 'type 9'],
  ])('points to virsh where the daemon wants %j', async (types, words) => {
    offers(...types)
    await expect(tryToConnect()).rejects.toMatchObject({
      kind: 'authentication',
      message: expect.stringContaining(words) as string,
    })
    await expect(tryToConnect()).rejects.toThrow('virsh(uri)')
    await eventually('nothing stays open', () => daemon.clients.every(({ socket }) => socket.destroyed))
  })

  it('takes “authentication required” for what it is', async () => {
    daemon.on(procedures.open, (client, packet) => client.refuse(packet, 39, 'authentication required', 7))
    await expect(tryToConnect()).rejects.toMatchObject({ kind: 'authentication', code: 39 })
  })

  it('fails where nobody listens, with the path and a hint', async () => {
    const nowhere = join(daemon.directory, 'nowhere')
    await expect(tryToConnect({}, `qemu:///system?socket=${nowhere}`)).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringMatching(/nowhere: .*ENOENT.*is the daemon running/) as string,
    })
  })

  it('fails at its bound where the daemon hangs, and leaves nothing open', async () => {
    daemon.on(procedures.open, () => {})
    await expect(tryToConnect({ connectTimeoutMs: 30 })).rejects.toMatchObject({ kind: 'timeout' })
    await eventually('nothing stays open', () => daemon.client.socket.destroyed)
    expect(daemon.clients).toHaveLength(1)
  })

  it('ends with the caller’s own reason', async () => {
    const reason = new Error('enough')
    await expect(tryToConnect({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(daemon.clients).toHaveLength(0)
    const abort = new AbortController()
    daemon.on(procedures.open, () => abort.abort(reason))
    await expect(tryToConnect({ signal: abort.signal })).rejects.toBe(reason)
    await eventually('nothing stays open', () => daemon.client.socket.destroyed)
  })

  it('is not ended by the signal once it is there', async () => {
    const abort = new AbortController()
    const connection = await connect(daemon.uri, { signal: abort.signal })
    abort.abort()
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
    await connection.close()
  })

  it.each([
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ keepAliveCount: 0.5 }, 'keepAliveCount'],
    [{ connectTimeoutMs: 2 ** 31 }, 'connectTimeoutMs'],
    [{ tmeoutMs: 1 }, 'tmeoutMs'],
  ])('refuses the options %j by name', async (options: object, name) => {
    await expect(tryToConnect(options)).rejects.toMatchObject({
      kind: 'invalid-argument',
      message: expect.stringContaining(name) as string,
    })
  })
})
