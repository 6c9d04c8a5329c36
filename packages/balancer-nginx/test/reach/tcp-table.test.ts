import { connect, createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { hostProcesses } from '../../src/reach/host/host-processes.js'
import { connectedTargets } from '../../src/reach/tcp-table.js'

/** Lines of a Linux 6.18 on x86-64. */
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1001 1 0000 100 0 0 10 0
   1: 0100007F:C350 0201000A:1F90 01 00000000:00000000 00:00000000 00000000     0        0 1002 1 0000 20 4 30 10 -1
   2: 0100007F:C351 0301000A:1F90 06 00000000:00000000 00:00000000 00000000     0        0 1003 1 0000 20 4 30 10 -1
`
const at = (host: string, port = 8080): { host: string; port: number } => ({ host, port })

describe('connectedTargets', () => {
  it.each([
    [at('10.0.1.2'), true],
    [at('10.0.1.2', 8081), false],
    [at('10.0.1.3'), false],
    [at('127.0.0.1'), false],
    [at('a-name'), true],
  ])('%j is connected: %s', (target, expected) => {
    expect(connectedTargets(table, [target])).toEqual([expected])
  })

  it('counts only the sockets it was given', () => {
    const targets = [at('10.0.1.2')]
    expect(connectedTargets(table, targets, new Set(['1002']))).toEqual([true])
    expect(connectedTargets(table, targets, new Set(['1001']))).toEqual([false])
  })

  it.each([
    ['fd00::3', '000000FD000000000000000003000000'],
    ['fd00:0:0:0::3', '000000FD000000000000000003000000'],
    ['::1', '00000000000000000000000001000000'],
    ['2001:db8:1:2:3:4:5:6', 'B80D0120020001000400030006000500'],
    ['::ffff:10.0.1.2', '0000000000000000FFFF00000201000A'],
  ])('finds %s as the kernel writes it', (host, written) => {
    const line = `0: 0:0 ${written}:0050 01 0:0 0:0 0 0 0 7 1`
    expect(connectedTargets(line, [at(host, 80), at(host, 81)])).toEqual([true, false])
  })
})

it.runIf(process.platform === 'linux')('sees the connections of a process, and of no other', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const { connectedTo } = hostProcesses(5000)
  const targets = [at('127.0.0.1', port), at('127.0.0.1', 1)]
  expect(await connectedTo?.([process.pid], targets)).toEqual([true, false])
  expect(await connectedTo?.([process.ppid], targets)).toEqual([false, false])
  expect(await connectedTo?.([], targets)).toEqual([false, false])
  socket.destroy()
  server.close()
})
