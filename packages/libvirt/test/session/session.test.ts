import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { ConnectOptions } from '../../src/connect-options.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { encodePacket, packetStatus, packetType } from '../../src/wire/packet.js'
import { eventually } from '../eventually.js'
import { FakeLibvirtd, intPayload, procedures, versionPayload, xdr } from '../fake-libvirtd.js'

let daemon: FakeLibvirtd
const open: LibvirtConnection[] = []

async function connectTo(options: ConnectOptions = {}): Promise<LibvirtConnection> {
  const connection = await connect(daemon.uri, {
    reconnectMinDelayMs: 5,
    reconnectMaxDelayMs: 20,
    ...options,
  })
  open.push(connection)
  return connection
}

/** The answer to `connectGetLibVersion`, as it goes over the wire. */
const answerBytes = (serial: number): Buffer =>
  encodePacket({
    program: 0x2000_8086,
    version: 1,
    procedure: procedures.version,
    type: packetType.reply,
    serial,
    status: packetStatus.ok,
    payload: versionPayload,
  })

beforeEach(async () => {
  daemon = await FakeLibvirtd.start()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()))
  await daemon.stop()
})

describe('a call', () => {
  it('is one of many on the way at once, answered in any order', async () => {
    const connection = await connectTo()
    const waiting: (() => void)[] = []
    daemon.on(16, (client, packet) => {
      const payload = xdr().uint(1).uhyper(1n).uhyper(1n).uint(packet.serial).uhyper(0n).finish()
      waiting.push(() => client.reply(packet, payload))
      if (waiting.length === 20) for (const answer of waiting.toReversed()) answer()
    })
    const domain = { name: 'a', uuid: '3e0276e9-5195-42f9-a566-c4b0d2004351', id: 1 }
    const infos = await Promise.all(Array.from({ length: 20 }, () => connection.domainGetInfo(domain)))
    const serials = infos.map(({ vcpus }) => vcpus)
    expect(serials).toEqual(serials.toSorted((a, b) => a - b))
    expect(new Set(serials).size).toBe(20)
  })

  it('ends at its bound, and the answer that comes later harms nothing', async () => {
    const connection = await connectTo()
    let answer = (): void => {}
    daemon.on(procedures.version, (client, packet) => {
      answer = () => client.reply(packet, versionPayload)
    })
    await expect(connection.connectGetLibVersion({ timeoutMs: 20 })).rejects.toMatchObject({
      name: 'LibvirtError',
      kind: 'timeout',
      message: 'connectGetLibVersion: no answer within 20 ms',
    })
    answer()
    daemon.on(procedures.version, (client, packet) => client.reply(packet, versionPayload))
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
    expect(daemon.clients).toHaveLength(1)
  })

  it('ends with the caller’s own reason, before and after it was sent', async () => {
    const connection = await connectTo()
    const reason = new Error('enough')
    await expect(connection.connectGetLibVersion({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    daemon.on(procedures.version, () => {})
    const abort = new AbortController()
    const call = connection.connectGetLibVersion({ signal: abort.signal })
    const { client } = daemon
    await eventually('it is heard', () => client.heard.some(({ procedure }) => procedure === 157))
    abort.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(client.heard.filter(({ procedure }) => procedure === 157)).toHaveLength(1)
  })

  it('is refused with code, domain, level and words', async () => {
    const connection = await connectTo()
    daemon.on(23, (client, packet) => client.refuse(packet, 42, 'Domain not found: nobody'))
    await expect(connection.domainLookupByName('nobody')).rejects.toMatchObject({
      name: 'LibvirtError',
      kind: 'libvirt',
      code: 42,
      domain: 10,
      level: 2,
      message: 'Domain not found: nobody',
    })
  })

  it('may be without a bound', async () => {
    const connection = await connectTo()
    daemon.on(procedures.version, (client, packet) => {
      setTimeout(() => client.reply(packet, versionPayload), 20)
    })
    expect(await connection.connectGetLibVersion({ timeoutMs: Infinity })).toBe(9_000_000)
  })

  it.each([0, -1, NaN])('with a bound of %d is not sent', async (timeoutMs) => {
    const connection = await connectTo()
    await expect(connection.connectGetLibVersion({ timeoutMs })).rejects.toMatchObject({
      kind: 'invalid-argument',
    })
  })

  it('rejects alone when its answer cannot be read', async () => {
    const connection = await connectTo()
    daemon.on(59, (client, packet) => client.reply(packet, Buffer.from('0000', 'hex')))
    await expect(connection.connectGetHostname()).rejects.toMatchObject({ kind: 'protocol' })
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
    expect(daemon.clients).toHaveLength(1)
  })
})

describe('a daemon that', () => {
  const breaks: [string, 'connection' | 'protocol', Parameters<FakeLibvirtd['on']>[1]][] = [
    ['cuts the connection', 'connection', ({ socket }) => void socket.destroy()],
    ['ends the connection', 'connection', ({ socket }) => void socket.end()],
    [
      'cuts in the middle of an answer',
      'connection',
      ({ socket }) => void socket.end(Buffer.from('00000024200080', 'hex')),
    ],
    ['sends garbage', 'protocol', ({ socket }) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['announces 4 GiB', 'protocol', ({ socket }) => void socket.write(Buffer.alloc(8, 0xff))],
    [
      'answers a call that was never made',
      'protocol',
      (client) => client.send({ procedure: 157, serial: 999 }),
    ],
    ['answers another procedure', 'protocol', (client, { serial }) => client.send({ procedure: 16, serial })],
    [
      'speaks another program',
      'protocol',
      (client, { serial }) => client.send({ program: 1, procedure: 157, serial }),
    ],
    [
      'speaks another version',
      'protocol',
      (client, { serial }) => client.send({ version: 2, procedure: 157, serial }),
    ],
    [
      'sends a packet of no type',
      'protocol',
      (client, { serial }) => client.send({ type: 9, procedure: 157, serial }),
    ],
    ['calls us', 'protocol', (client) => client.send({ type: packetType.call, procedure: 157, serial: 1 })],
    [
      'answers with no status',
      'protocol',
      (client, { serial }) => client.send({ status: 7, procedure: 157, serial }),
    ],
  ]
  it.each(breaks)('%s loses the calls in flight and gets a new connection', async (_, kind, fault) => {
    const connection = await connectTo()
    daemon.on(procedures.version, fault)
    daemon.on(59, () => {})
    const inFlight = connection.connectGetHostname()
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({ name: 'LibvirtError', kind })
    await expect(inFlight).rejects.toMatchObject({ name: 'LibvirtError', kind, code: undefined })
    daemon.on(procedures.version, (client, packet) => client.reply(packet, versionPayload))
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
    expect(daemon.clients).toHaveLength(2)
  })

  it('sends its answer a byte at a time is understood', async () => {
    const connection = await connectTo()
    daemon.on(procedures.version, ({ socket }, { serial }) => {
      for (const byte of answerBytes(serial)) socket.write(Buffer.from([byte]))
    })
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
  })

  it('sends an error that cannot be read is a broken protocol for that call alone', async () => {
    const connection = await connectTo()
    daemon.on(procedures.version, (client, { serial }) =>
      client.send({ procedure: 157, serial, status: packetStatus.error, payload: Buffer.from([0]) }),
    )
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({ kind: 'protocol' })
    expect(daemon.clients).toHaveLength(1)
  })

  it('sends events nobody asked for is not minded', async () => {
    const connection = await connectTo()
    daemon.client.send({ type: packetType.message, procedure: 333, payload: Buffer.from([1]) })
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
  })
})

describe('keepalive', () => {
  it('answers the daemon’s', async () => {
    const connection = await connectTo()
    const { client } = daemon
    client.send({ program: 0x6b65_6570, type: packetType.message, procedure: 1 })
    await eventually('a pong', () => client.pongs === 1)
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
  })

  it('asks, and gives a daemon up that hangs', async () => {
    const connection = await connectTo({ keepAliveIntervalMs: 10, keepAliveCount: 2 })
    const first = daemon.client
    daemon.on(procedures.version, () => {})
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('no sign of life for 20 ms') as string,
    })
    expect(first.pings).toBe(2)
  })

  it('is content with any packet', async () => {
    const connection = await connectTo({ keepAliveIntervalMs: 20, keepAliveCount: 3 })
    const { client } = daemon
    const answering = setInterval(() => {
      client.send({ program: 0x6b65_6570, type: packetType.message, procedure: 2 })
    }, 5)
    await eventually('ten pings', () => client.pings >= 10)
    clearInterval(answering)
    expect(connection.isConnected).toBe(true)
    expect(daemon.clients).toHaveLength(1)
  })

  it('is not used with a daemon that does not know it', async () => {
    daemon.on(procedures.supportsFeature, (client, packet) => client.reply(packet, intPayload(0)))
    const connection = await connectTo({ keepAliveIntervalMs: 1, keepAliveCount: 1 })
    daemon.on(procedures.version, () => {})
    await expect(connection.connectGetLibVersion({ timeoutMs: 60 })).rejects.toMatchObject({
      kind: 'timeout',
    })
    expect(daemon.client.pings).toBe(0)
  })
})
