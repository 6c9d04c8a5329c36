import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect } from '../../src/connect.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { onAbort } from '../../src/session/on-abort.js'
import { FakeLibvirtd, versionPayload } from '../fake-libvirtd.js'

describe('a signal', () => {
  it('tells all who still wait, once', () => {
    const abort = new AbortController()
    const [first, second, gone] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()]
    onAbort(abort.signal, first)
    const leave = onAbort(abort.signal, gone)
    onAbort(abort.signal, second)
    leave()
    leave()
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1)
    abort.abort()
    expect([first, second, gone].map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0])
  })

  it('tells the others too when one leaves as it is told', () => {
    const abort = new AbortController()
    const told: string[] = []
    const leaveFirst = onAbort(abort.signal, () => {
      told.push('first')
      leaveFirst()
    })
    onAbort(abort.signal, () => told.push('second'))
    abort.abort()
    expect(told).toEqual(['first', 'second'])
  })
})

describe('many calls under one signal', () => {
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

  it('put one listener on it, while they last', async () => {
    const signal = AbortSignal.timeout(60_000)
    const counts: number[] = []
    daemon.on(157, (client, packet) => {
      counts.push(getEventListeners(signal, 'abort').length)
      client.reply(packet, versionPayload)
    })
    await Promise.all(Array.from({ length: 100 }, () => connection.connectGetLibVersion({ signal })))
    expect(counts).toEqual(counts.map(() => 1))
    expect(counts).toHaveLength(100)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  it('all end with its reason', async () => {
    daemon.on(157, () => {})
    const abort = new AbortController()
    const calls = Array.from({ length: 100 }, () => connection.connectGetLibVersion({ signal: abort.signal }))
    const reason = new Error('enough')
    abort.abort(reason)
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === reason)).toBe(true)
  })
})
