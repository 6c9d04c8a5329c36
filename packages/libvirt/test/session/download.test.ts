import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { packetStatus, packetType, type Packet } from '../../src/wire/packet.js'
import { eventually } from '../eventually.js'
import { FakeLibvirtd, type FakeClient } from '../fake-libvirtd.js'

const download = 209
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

/** Answers as a daemon does: the bytes in pieces, an empty packet, and a confirmation of the end. */
function give(...pieces: readonly Buffer[]): void {
  daemon.on(download, (client, packet) => {
    if (packet.type === packetType.call) {
      client.reply(packet)
      for (const piece of [...pieces, Buffer.alloc(0)]) send(client, packet, piece)
    } else if (packet.status === packetStatus.ok) client.send({ ...packet, payload: Buffer.alloc(0) })
  })
}

const send = (client: FakeClient, { procedure, serial }: Packet, payload: Buffer): void =>
  client.send({ procedure, serial, payload, type: packetType.stream, status: packetStatus.continue })

const whole = { offsetBytes: 0n, lengthBytes: 1_000_000 }

describe('a download', () => {
  it.each([[[]], [['a']], [['some ', 'bytes ', 'more']]])('of %j arrives whole', async (texts) => {
    give(...texts.map((text) => Buffer.from(text)))
    const bytes = await connection.storageVolDownload(volume, whole)
    expect(Buffer.from(bytes).toString()).toBe(texts.join(''))
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
  })

  it('rejects where libvirt refuses it', async () => {
    daemon.on(download, (client, packet) => client.refuse(packet, 50, 'no storage vol'))
    await expect(connection.storageVolDownload(volume, whole)).rejects.toMatchObject({ code: 50 })
  })

  it('never takes more than was asked for', async () => {
    give(Buffer.alloc(11))
    const call = connection.storageVolDownload(volume, { offsetBytes: 0n, lengthBytes: 10 })
    await expect(call).rejects.toThrow('more than the 10 bytes')
  })

  it('that is given up is cancelled at the daemon, and what still comes of it hurts nobody', async () => {
    let opened: [FakeClient, Packet] | undefined
    daemon.on(download, (client, packet) => {
      if (packet.type !== packetType.call) return
      client.reply(packet)
      opened = [client, packet]
    })
    const abort = new AbortController()
    const call = connection.storageVolDownload(volume, whole, { signal: abort.signal })
    await eventually('it is opened', () => opened !== undefined)
    abort.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    const cancels = (): Packet[] =>
      daemon.client.heard.filter(
        ({ status, type }) => type === packetType.stream && status === packetStatus.error,
      )
    await eventually('the cancel is heard', () => cancels().length === 1)
    if (opened !== undefined) send(...opened, Buffer.from('late'))
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
  })
})
