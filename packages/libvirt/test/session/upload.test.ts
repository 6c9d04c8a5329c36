import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { packetStatus, packetType, type Packet } from '../../src/wire/packet.js'
import { eventually } from '../eventually.js'
import { errorPayload, FakeLibvirtd } from '../fake-libvirtd.js'

const upload = 208
const volume = { pool: 'p', name: 'v', key: '/v' }
let daemon: FakeLibvirtd
let connection: LibvirtConnection
beforeEach(async () => {
  daemon = await FakeLibvirtd.start()
  connection = await connect(daemon.uri)
})
afterEach(async () => {
  await connection.close()
  await daemon.stop()
})

const ofStream = (): Packet[] =>
  daemon.client.heard.filter(({ procedure, type }) => procedure === upload && type === packetType.stream)

/** Answers as a daemon does, and confirms the end. */
function accept(): void {
  daemon.on(upload, (client, packet) => {
    if (packet.type === packetType.call) client.reply(packet)
    else if (packet.status === packetStatus.ok) client.send({ ...packet, payload: Buffer.alloc(0) })
  })
}

describe('an upload', () => {
  it.each([0, 1, 262_120, 262_121, 1_000_000])('of %i bytes arrives whole', async (length) => {
    accept()
    const content = Buffer.alloc(length, 'flotilla')
    await connection.storageVolUpload(volume, content)
    const packets = ofStream()
    expect(Buffer.concat(packets.map(({ payload }) => payload)).equals(content)).toBe(true)
    expect(packets.map(({ status }) => status)).toEqual([
      ...Array.from({ length: Math.ceil(length / 262_120) }, () => packetStatus.continue),
      packetStatus.ok,
    ])
    expect(packets.every(({ payload }) => payload.length <= 262_120)).toBe(true)
  })

  it('sends a view of a larger array as it is', async () => {
    accept()
    await connection.storageVolUpload(volume, new Uint8Array([9, 1, 2, 9]).subarray(1, 3))
    expect(ofStream()[0]?.payload).toEqual(Buffer.from([1, 2]))
  })

  it('rejects where libvirt refuses it, before or within the stream', async () => {
    daemon.on(upload, (client, packet) => client.refuse(packet, 50, 'no storage vol'))
    await expect(connection.storageVolUpload(volume, Buffer.alloc(9))).rejects.toMatchObject({ code: 50 })
    daemon.on(upload, (client, packet) => {
      if (packet.type === packetType.call) client.reply(packet)
      else
        client.send({
          ...packet,
          status: packetStatus.error,
          payload: errorPayload(38, 'No space left on device', 18),
        })
    })
    await expect(connection.storageVolUpload(volume, Buffer.alloc(1_000_000))).rejects.toMatchObject({
      code: 38,
      domain: 18,
    })
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
    expect(daemon.clients).toHaveLength(1)
  })

  it('that is given up is cancelled at the daemon', async () => {
    daemon.on(upload, (client, packet) => {
      if (packet.type === packetType.call) client.reply(packet)
    })
    const abort = new AbortController()
    const call = connection.storageVolUpload(volume, Buffer.alloc(9), { signal: abort.signal })
    await eventually('the end is heard', () => ofStream().length === 2)
    abort.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await eventually('the cancellation is heard', () => ofStream().at(-1)?.status === packetStatus.error)
  })

  it('ends at its bound', async () => {
    daemon.on(upload, (client, packet) => {
      if (packet.type === packetType.call) client.reply(packet)
    })
    await expect(
      connection.storageVolUpload(volume, Buffer.alloc(9), { timeoutMs: 30 }),
    ).rejects.toMatchObject({ kind: 'timeout' })
  })

  it('ends with the connection', async () => {
    daemon.on(upload, (client, packet) => {
      if (packet.type === packetType.call) client.reply(packet)
      else client.socket.destroy()
    })
    await expect(connection.storageVolUpload(volume, Buffer.alloc(5_000_000))).rejects.toMatchObject({
      kind: 'connection',
    })
  })
})
