import { describe, expect, it } from 'vitest'
import { networkCalls } from '../../src/procedures/network-procedures.js'
import type { Call } from '../../src/procedures/procedure.js'
import { encodeArguments } from '../../src/session/call-procedure.js'

const network = { name: 'net', uuid: '3e0276e9-5195-42f9-a566-c4b0d2004351' }

/** The words behind the network: command, section, parent, length of an empty XML, flags. */
async function wordsOf(hasCorrectOrder: boolean, change: object = {}): Promise<number[]> {
  let payload: Buffer = Buffer.alloc(0)
  const call: Call = (procedure, args) => {
    payload = encodeArguments(procedure, args)
    return Promise.reject(new Error('far enough'))
  }
  const calls = networkCalls(call, () => hasCorrectOrder)
  const update = { command: 'add-last', section: 'ip-dhcp-host', xml: '', ...change } as const
  await calls.networkUpdate(network, update).catch(() => {})
  return [24, 28, 32, 36, 40].map((at) => payload.readInt32BE(at))
}

describe('networkUpdate', () => {
  it('goes out in the order that the daemon takes', async () => {
    expect(await wordsOf(true)).toEqual([3, 4, -1, 0, 3])
    expect(await wordsOf(false)).toEqual([4, 3, -1, 0, 3])
  })

  it.each([
    [{ command: 'modify', section: 'ip-dhcp-range', parentIndex: 2, flags: 1 }, [1, 5, 2, 0, 1]],
    [{ command: 'delete', section: 'dns-host' }, [2, 10, -1, 0, 3]],
    [{ command: 'add-first', section: 'ip-dhcp-host' }, [4, 4, -1, 0, 3]],
  ])('%j has libvirt’s numbers', async (change, words) => {
    expect(await wordsOf(true, change)).toEqual(words)
  })
})
