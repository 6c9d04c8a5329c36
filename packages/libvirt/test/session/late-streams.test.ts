import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { packetStatus, packetType, type Packet } from '../../src/wire/packet.js'
import { eventually } from '../eventually.js'
import { FakeLibvirtd, type FakeClient } from '../fake-libvirtd.js'

type Opening = Promise<[FakeClient, Packet]>
type Bound = { readonly signal?: AbortSignal; readonly timeoutMs?: number }
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

const streams = [
  {
    name: 'a download',
    procedure: 209,
    start: (bound: Bound): Promise<unknown> =>
      connection.storageVolDownload(volume, { offsetBytes: 0n, lengthBytes: 100 }, bound),
  },
  {
    name: 'an upload',
    procedure: 208,
    start: (bound: Bound): Promise<unknown> => connection.storageVolUpload(volume, Buffer.alloc(9), bound),
  },
]

/** The daemon hears the call, and answers it when the test does. */
const hear = (procedure: number): Opening =>
  new Promise((resolve) => {
    daemon.on(procedure, (client, packet) => resolve([client, packet]))
  })

/** The first answer comes after all that was sent before it, and the daemon hears the second after all that came of that. */
async function settle(): Promise<void> {
  await connection.connectGetLibVersion()
  await connection.connectGetLibVersion()
}

const ofStream = (): Packet[] =>
  daemon.clients.flatMap(({ heard }) => heard).filter(({ type }) => type === packetType.stream)

describe.each(streams)('$name', ({ procedure, start }) => {
  /** Given up, by signal or by deadline, while the daemon has the call. */
  async function giveUp(by: string): Opening {
    const opening = hear(procedure)
    const abort = new AbortController()
    const call = start(by === 'deadline' ? { timeoutMs: 30 } : { signal: abort.signal })
    const outcome = call.then(
      () => 'done',
      (error: unknown) => String(error),
    )
    const heard = await opening
    abort.abort(new Error('enough'))
    expect(await outcome).toContain(by === 'deadline' ? 'no answer within 30 ms' : 'enough')
    await settle()
    expect(ofStream()).toEqual([])
    return heard
  }

  it.each(['signal', 'deadline'])(
    'given up by %s before the reply is cancelled once it opened',
    async (by) => {
      const [client, packet] = await giveUp(by)
      client.reply(packet)
      client.send({
        ...packet,
        type: packetType.stream,
        status: packetStatus.continue,
        payload: Buffer.from('late'),
      })
      await settle()
      expect(ofStream()).toMatchObject([{ procedure, serial: packet.serial, status: packetStatus.error }])
      // What libvirtd says to a cancel.
      client.send({ ...packet, type: packetType.stream, status: packetStatus.error })
      await settle()
      expect(ofStream()).toHaveLength(1)
    },
  )

  it('given up before the reply has nothing to cancel where libvirt refused it', async () => {
    const [client, packet] = await giveUp('signal')
    client.refuse(packet, 50, 'no storage vol')
    await settle()
    expect(ofStream()).toEqual([])
  })

  it('given up before the reply leaves nothing to do where the connection ends', async () => {
    const [client] = await giveUp('signal')
    client.socket.destroy()
    await eventually('it is connected again', () => daemon.clients.length === 2)
    await settle()
    expect(ofStream()).toEqual([])
  })
})
