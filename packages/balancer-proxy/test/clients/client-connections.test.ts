import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { ClientConnections } from '../../src/clients/client-connections.js'

class FakeSocket extends EventEmitter {
  destroyed = false
  readonly remoteAddress: string
  constructor(remoteAddress: string) {
    super()
    this.remoteAddress = remoteAddress
  }
  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

function setUp(max: number, maxPerClient: number) {
  const connections = new ClientConnections({ max, maxPerClient })
  const open = (address = 'a') => {
    const fake = new FakeSocket(address)
    const socket = fake as unknown as Socket
    return { socket, crowded: connections.admit(socket) }
  }
  return { connections, open }
}

const areOpen = (...given: readonly { readonly socket: Socket }[]) =>
  given.map(({ socket }) => !socket.destroyed)

it('closes the connection that never brought a request, the oldest first, when there is no room', () => {
  const { connections, open } = setUp(3, 3)
  const [idle, first, second] = [open(), open(), open()]
  connections.begin(idle.socket)
  connections.end(idle.socket)
  expect([open().crowded, areOpen(idle, first, second)]).toEqual([undefined, [true, false, true]])
  expect([open().crowded, areOpen(idle, second)]).toEqual([undefined, [true, false]])
  expect(connections.count).toBe(3)
})

it('closes an idle one when all have brought a request, and none with a request under way', () => {
  const { connections, open } = setUp(2, 3)
  const [busy, idle] = [open(), open()]
  for (const { socket } of [busy, idle]) connections.begin(socket)
  connections.end(idle.socket)
  const next = open()
  expect([next.crowded, areOpen(busy, idle)]).toEqual([undefined, [true, false]])
  connections.begin(next.socket)
  const refused = open()
  expect([refused.crowded, areOpen(busy, next)]).toEqual(['all', [true, true]])
  expect(connections.count).toBe(2)
})

it('makes room for one client among its own connections only', () => {
  const { connections, open } = setUp(10, 2)
  const other = open('b')
  const [first, second] = [open('a'), open('a')]
  expect([open('a').crowded, areOpen(other, first, second)]).toEqual([undefined, [true, false, true]])
  connections.begin(second.socket)
  const third = open('a')
  connections.begin(third.socket)
  expect([open('a').crowded, areOpen(other)]).toEqual(['client', [true]])
  expect(open('c').crowded).toBeUndefined()
})

it('counts a pipelining connection as busy until its last request is over, and forgets those that have closed', () => {
  const { connections, open } = setUp(1, 1)
  const { socket } = open()
  connections.begin(socket)
  connections.begin(socket)
  connections.end(socket)
  expect(open('b').crowded).toBe('all')
  socket.destroy()
  expect(connections.count).toBe(0)
  expect(open('b').crowded).toBeUndefined()
  expect(connections.admit(socket)).toBe(undefined)
})
