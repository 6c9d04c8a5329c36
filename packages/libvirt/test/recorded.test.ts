import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../src/connect.js'
import type { LibvirtConnection } from '../src/libvirt-connection.js'
import type { Packet } from '../src/wire/packet.js'
import { PacketSplitter } from '../src/wire/packet-splitter.js'
import { FakeLibvirtd } from './fake-libvirtd.js'

/** One call as libvirt 9.0.0 took and answered it: test/fixtures/record.js. */
interface Recorded {
  readonly method: Exclude<keyof LibvirtConnection, 'uri' | 'isConnected' | 'lifecycleEvents' | 'close'>
  readonly args: readonly unknown[]
  /** Bytes on the wire, in hex; of several packets where the method makes several calls. */
  readonly call: string
  readonly answer: string
  readonly result?: unknown
  readonly error?: object
}

const text = readFileSync(new URL('fixtures/recorded.json', import.meta.url), 'utf8')
const revived = (_: string, value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('bigint:') ? BigInt(value.slice(7)) : value
const recordings = JSON.parse(text, revived) as readonly Recorded[]

function packetsOf(hex: string): Packet[] {
  const packets: Packet[] = []
  new PacketSplitter().push(Buffer.from(hex, 'hex'), (packet) => packets.push(packet))
  return packets
}

describe('what libvirt 9.0.0 was asked and said', () => {
  let daemon: FakeLibvirtd
  let connection: LibvirtConnection
  beforeAll(async () => {
    daemon = await FakeLibvirtd.start()
    connection = await connect(daemon.uri)
  })
  afterAll(async () => {
    await connection.close()
    await daemon.stop()
  })

  it.each(recordings.map((one, at) => [at, one.method, one] as const))(
    '%i: %s is asked and understood in the same way',
    async (_, method, { args, call, answer, result, error }) => {
      const answers = packetsOf(answer)
      const heard: Packet[] = []
      for (const { procedure } of packetsOf(call)) {
        daemon.on(procedure, (client, packet) => {
          heard.push(packet)
          const next = answers.shift()
          if (next !== undefined) client.send({ ...next, serial: packet.serial })
        })
      }
      const invoke = connection[method] as (...args: readonly unknown[]) => Promise<unknown>
      const outcome = invoke(...args)
      if (error === undefined) expect((await outcome) ?? null).toEqual(result ?? null)
      else await expect(outcome).rejects.toMatchObject(error)
      const expected = packetsOf(call).map(({ procedure, payload }) => ({ procedure, payload }))
      expect(heard.map(({ procedure, payload }) => ({ procedure, payload }))).toEqual(expected)
    },
  )

  it('is all that the client can ask, but for streams, events and what the live suite tries', () => {
    const asked = new Set<string>(recordings.map(({ method }) => method))
    const others = [
      'storageVolUpload',
      'storageVolDownload',
      'domainGetDiskErrors',
      'domainListAllSnapshots',
      'domainSnapshotGetXmlDesc',
      'connectGetCapabilities',
      'connectGetDomainCapabilities',
      'close',
      'lifecycleEvents',
    ]
    const calls = Object.entries(connection).filter(([, value]) => typeof value === 'function')
    expect(
      calls
        .map(([name]) => name)
        .filter((name) => !asked.has(name))
        .toSorted(),
    ).toEqual(others.toSorted())
  })
})
