import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { ConnectOptions } from '../../src/connect-options.js'
import type { LifecycleEvent } from '../../src/domain-types.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { backoffMs } from '../../src/session/connection.js'
import { packetType } from '../../src/wire/packet.js'
import { uuidBytes } from '../../src/wire/uuid.js'
import { eventually } from '../eventually.js'
import {
  FakeLibvirtd,
  intPayload,
  procedures,
  versionPayload,
  xdr,
  type FakeClient,
} from '../fake-libvirtd.js'

let daemon: FakeLibvirtd
const open: LibvirtConnection[] = []
const uuid = '3e0276e9-5195-42f9-a566-c4b0d2004351'

async function connectTo(options: ConnectOptions = {}): Promise<LibvirtConnection> {
  const connection = await connect(daemon.uri, {
    reconnectMinDelayMs: 5,
    reconnectMaxDelayMs: 20,
    ...options,
  })
  open.push(connection)
  return connection
}

/** What an iteration gave so far, and how it ended. */
function collect(connection: LibvirtConnection, signal: AbortSignal) {
  const events: LifecycleEvent[] = []
  const ended = (async () => {
    for await (const event of connection.lifecycleEvents({ signal })) events.push(event)
  })()
  return { events, ended }
}

function sendEvent(client: FakeClient, name: string, event: number, detail: number): void {
  const payload = xdr().int(7).string(name).fixedBytes(uuidBytes(uuid)).int(3).int(event).int(detail).finish()
  client.send({ type: packetType.message, procedure: 318, payload })
}

const count = (procedure: number): number =>
  daemon.clients.flatMap(({ heard }) => heard).filter((packet) => packet.procedure === procedure).length

beforeEach(async () => {
  daemon = await FakeLibvirtd.start({
    316: (client, packet) => client.reply(packet, intPayload(7)),
  })
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()))
  await daemon.stop()
})

describe('a connection that was lost', () => {
  it('comes back by itself, after several attempts', async () => {
    const connection = await connectTo()
    await daemon.stopListening()
    await eventually('it is lost', () => !connection.isConnected)
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({ kind: 'connection' })
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining(daemon.socketPath) as string,
    })
    await daemon.listen()
    await eventually('it is back', () => connection.isConnected)
    expect(await connection.connectGetLibVersion()).toBe(9_000_000)
  })

  it('lets calls wait for it, within their bound', async () => {
    const connection = await connectTo({ reconnectMinDelayMs: 60_000, reconnectMaxDelayMs: 60_000 })
    daemon.cut()
    await eventually('it is lost', () => !connection.isConnected)
    await expect(connection.connectGetLibVersion({ timeoutMs: 20 })).rejects.toMatchObject({
      kind: 'timeout',
    })
    const abort = new AbortController()
    const call = connection.connectGetLibVersion({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    const atClose = connection.connectGetLibVersion()
    await connection.close()
    await expect(atClose).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('closed') as string,
    })
  })

  it('is never sent the call again that was in flight', async () => {
    const connection = await connectTo()
    daemon.on(procedures.version, ({ socket }) => void socket.destroy())
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({ kind: 'connection' })
    daemon.on(procedures.version, (client, packet) => client.reply(packet, versionPayload))
    await eventually('it is back', () => connection.isConnected)
    expect(count(procedures.version)).toBe(1)
  })

  it('is tried for in longer and longer pauses', async () => {
    const connection = await connectTo({ reconnectMinDelayMs: 1, reconnectMaxDelayMs: 60_000 })
    daemon.on(procedures.authList, ({ socket }) => void socket.destroy())
    const since = performance.now()
    daemon.cut()
    await eventually('eight attempts', () => daemon.clients.length > 8)
    // At least half of 1 + 2 + … + 128 ms, less a millisecond of the timer's for each.
    expect(performance.now() - since).toBeGreaterThan(119)
    expect(connection.isConnected).toBe(false)
  })

  it.each([
    [0, 0, 50],
    [0, 1, 100],
    [1, 0, 100],
    [2, 1, 400],
    [6, 0, 500],
    [6, 1, 1000],
    [5_000, 1, 1000],
  ])('waits after %i failures, with chance %d, %d ms', (failures, chance, waitMs) => {
    expect(backoffMs(failures, 100, 1000, () => chance)).toBe(waitMs)
  })
})

describe('close', () => {
  it('says goodbye, and may be called twice', async () => {
    const connection = await connectTo()
    await Promise.all([connection.close(), connection.close()])
    await connection.close()
    expect(count(procedures.close)).toBe(1)
    await expect(connection.connectGetLibVersion()).rejects.toMatchObject({ kind: 'connection' })
    expect(connection.isConnected).toBe(false)
  })

  it('takes the calls in flight with it, also where the daemon is rude', async () => {
    const connection = await connectTo()
    daemon.on(procedures.close, ({ socket }) => void socket.destroy())
    daemon.on(procedures.version, () => {})
    const call = connection.connectGetLibVersion()
    const [outcome] = await Promise.allSettled([call, connection.close()])
    expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'connection' } })
    expect(daemon.clients).toHaveLength(1)
  })
})

describe('lifecycle events', () => {
  it('arrive in order, by name and detail, until the signal aborts', async () => {
    const connection = await connectTo()
    const stop = new AbortController()
    const { events, ended } = collect(connection, stop.signal)
    await eventually('it registers', () => count(316) === 1)
    for (const event of [0, 1, 2, 3, 4, 5, 6, 7, 8, 99]) sendEvent(daemon.client, 'vm', event, event)
    await eventually('all are here', () => events.length === 11)
    expect(events.map((event) => (event.kind === 'lifecycle' ? event.event : event.kind))).toEqual(
      'listening defined undefined started suspended resumed stopped shutdown pmsuspended crashed unknown'.split(
        ' ',
      ),
    )
    expect(events[6]).toEqual({
      kind: 'lifecycle',
      domain: { name: 'vm', uuid, id: 3 },
      event: 'stopped',
      detail: 5,
    })
    stop.abort()
    await ended
  })

  it('are told to go, once libvirt has taken the request and not before', async () => {
    let accept = (): void => {}
    daemon.on(316, (client, packet) => {
      accept = () => client.reply(packet, intPayload(7))
    })
    const connection = await connectTo()
    const stop = new AbortController()
    const { events, ended } = collect(connection, stop.signal)
    await eventually('it registers', () => count(316) === 1)
    await connection.connectGetLibVersion()
    expect(events).toEqual([])
    accept()
    await eventually('it is told', () => events.length === 1)
    expect(events).toEqual([{ kind: 'listening' }])
    stop.abort()
    await ended
  })

  it('may be left and read anew at once: the one registration stays', async () => {
    const connection = await connectTo()
    for (let reader = 0; reader < 3; reader += 1) {
      const stop = new AbortController()
      const { events, ended } = collect(connection, stop.signal)
      await eventually('it is told', () => events.length === 1)
      sendEvent(daemon.client, 'vm', 2, reader)
      await eventually('it heard', () => events.length === 2)
      expect(events).toMatchObject([{ kind: 'listening' }, { detail: reader }])
      stop.abort()
      await ended
    }
    expect(count(316)).toBe(1)
  })

  it('go on where the answer to a registration came too late', async () => {
    let isLate = true
    daemon.on(316, (client, packet) => {
      if (!isLate) client.refuse(packet, 8, 'invalid argument: event callback already tracked')
      isLate = false
    })
    const connection = await connectTo({ timeoutMs: 50 })
    await expect(collect(connection, new AbortController().signal).ended).rejects.toMatchObject({
      kind: 'timeout',
    })
    const stop = new AbortController()
    const { events, ended } = collect(connection, stop.signal)
    await eventually('it is told', () => events.length === 1)
    sendEvent(daemon.client, 'vm', 5, 1)
    await eventually('it heard', () => events.length === 2)
    stop.abort()
    await ended
  })

  it('go to all who listen, with one registration', async () => {
    const connection = await connectTo()
    const stop = new AbortController()
    const readers = [collect(connection, stop.signal), collect(connection, stop.signal)]
    await eventually('it registers', () => count(316) === 1)
    sendEvent(daemon.client, 'vm', 2, 0)
    await eventually('both heard', () => readers.every(({ events }) => events.length === 2))
    stop.abort()
    await Promise.all(readers.map(({ ended }) => ended))
    expect(count(316)).toBe(1)
  })

  it('go on after a lost connection, which is told', async () => {
    const connection = await connectTo()
    const stop = new AbortController()
    const { events, ended } = collect(connection, stop.signal)
    await eventually('it is told', () => events.length === 1)
    daemon.cut()
    await eventually('it is told again', () => events.length === 2)
    expect(events).toEqual([{ kind: 'listening' }, { kind: 'listening' }])
    expect(count(316)).toBe(2)
    sendEvent(daemon.client, 'vm', 5, 1)
    await eventually('an event more', () => events.length === 3)
    stop.abort()
    await ended
  })

  it('may begin while the connection is lost', async () => {
    const connection = await connectTo()
    await daemon.stopListening()
    await eventually('it is lost', () => !connection.isConnected)
    const stop = new AbortController()
    const { events, ended } = collect(connection, stop.signal)
    await daemon.listen()
    await eventually('it is told', () => events.length === 1)
    expect(events).toEqual([{ kind: 'listening' }])
    stop.abort()
    await ended
  })

  it('that cannot be read end the connection, as some may then be missing', async () => {
    const connection = await connectTo()
    const stop = new AbortController()
    const { events, ended } = collect(connection, stop.signal)
    await eventually('it is told', () => events.length === 1)
    daemon.client.send({ type: packetType.message, procedure: 318, payload: Buffer.alloc(4) })
    await eventually('it is told again', () => events.length === 2)
    expect(events).toEqual([{ kind: 'listening' }, { kind: 'listening' }])
    stop.abort()
    await ended
  })

  it('fail where libvirt refuses them', async () => {
    daemon.on(316, (client, packet) => client.refuse(packet, 29, 'operation forbidden'))
    const connection = await connectTo()
    const { ended } = collect(connection, new AbortController().signal)
    await expect(ended).rejects.toMatchObject({ kind: 'libvirt', code: 29 })
  })

  it('end with the connection', async () => {
    const connection = await connectTo()
    const { ended } = collect(connection, new AbortController().signal)
    await eventually('it registers', () => count(316) === 1)
    await connection.close()
    await expect(ended).resolves.toBeUndefined()
    await expect(collect(connection, new AbortController().signal).ended).resolves.toBeUndefined()
  })

  it('of a reader who sleeps are dropped past a bound, and it is told', async () => {
    const connection = await connectTo()
    const stop = new AbortController()
    const reading = connection.lifecycleEvents({ signal: stop.signal })[Symbol.asyncIterator]()
    expect((await reading.next()).value).toEqual({ kind: 'listening' })
    for (let sent = 0; sent < 10_001; sent += 1) sendEvent(daemon.client, 'vm', 2, sent)
    // The answer comes behind the events: they have then arrived.
    await connection.connectGetLibVersion()
    expect((await reading.next()).value).toEqual({ kind: 'listening' })
    expect((await reading.next()).value).toMatchObject({ detail: 10_000 })
    stop.abort()
    expect((await reading.next()).done).toBe(true)
  })
})
