import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LibvirtError } from '../../src/libvirt-error.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { connectCalls } from '../../src/procedures/connect-procedures.js'
import { domainCalls } from '../../src/procedures/domain-procedures.js'
import { readLifecycleMessage } from '../../src/procedures/event-procedures.js'
import { guestCalls } from '../../src/procedures/guest-procedures.js'
import { networkCalls } from '../../src/procedures/network-procedures.js'
import { nodeCalls } from '../../src/procedures/node-procedures.js'
import { poolCalls } from '../../src/procedures/pool-procedures.js'
import type { Call } from '../../src/procedures/procedure.js'
import { volumeCalls } from '../../src/procedures/volume-procedures.js'
import { readError } from '../../src/wire/error-payload.js'
import { messageMaxBytes } from '../../src/wire/limits.js'
import { PacketSplitter } from '../../src/wire/packet-splitter.js'
import { XdrReader } from '../../src/wire/xdr-reader.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

/** All calls, answered with these bytes instead of a daemon's. */
function callsAnswering(payload: Buffer) {
  const call: Call = (procedure) =>
    // eslint-disable-next-line no-promise-executor-return -- a decoder's throw becomes the rejection
    new Promise((resolve) => resolve(procedure.decode(new XdrReader(payload))))
  return {
    ...connectCalls(call),
    ...domainCalls(call),
    ...guestCalls(call),
    ...networkCalls(call, () => true),
    ...nodeCalls(call),
    ...poolCalls(call),
    ...volumeCalls(call),
  }
}

type Name = keyof ReturnType<typeof callsAnswering>
const names = Object.keys(callsAnswering(Buffer.alloc(0))) as Name[]

/** Decodes the bytes as the answer to that call. Gives nothing, or the error. */
async function decode(name: Name, payload: Buffer): Promise<unknown> {
  const method = callsAnswering(payload)[name] as () => Promise<unknown>
  return method().then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** Bytes as a hostile or broken daemon might send: noise, and words that look like lengths and flags. */
const word = fc.oneof(
  fc.constantFrom(
    0,
    1,
    2,
    4,
    0xff,
    16_384,
    16_385,
    4_194_304,
    4_194_305,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
  ),
  fc.nat({ max: 0xffff_ffff }),
)
const words = fc.array(word, { maxLength: 64 }).map((values) => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, at) => bytes.writeUInt32BE(value, at * 4))
  return bytes
})
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 256 }).map((bytes) => Buffer.from(bytes)),
  words,
)

interface Recorded {
  readonly method: string
  readonly answer: string
}
const recordings = JSON.parse(
  readFileSync(new URL('../fixtures/recorded.json', import.meta.url), 'utf8'),
) as readonly Recorded[]
const answers = recordings.filter(({ method }) => names.some((name) => name === method))

const isOurs = (error: unknown): boolean => error === undefined || error instanceof LibvirtError

describe('whatever bytes come', () => {
  it.each(names)('%s is decoded or refused as ours', async (name) => {
    const property = fc.asyncProperty(noise, async (payload) => isOurs(await decode(name, payload)))
    await expect(fc.assert(property, { numRuns: propertyRuns(200) })).resolves.toBeUndefined()
  })

  it('a recorded answer that is cut off, or has one byte changed, is decoded or refused as ours', async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...answers),
      fc.nat(),
      fc.nat(255),
      async ({ answer, method }, place, value) => {
        const payload = Buffer.from(answer, 'hex').subarray(28)
        const at = payload.length === 0 ? 0 : place % payload.length
        const changed = Buffer.from(payload)
        if (changed.length > 0) changed[at] = value
        const name = method as Name
        return isOurs(await decode(name, payload.subarray(0, at))) && isOurs(await decode(name, changed))
      },
    )
    await expect(fc.assert(property, { numRuns: propertyRuns(2000) })).resolves.toBeUndefined()
  })

  it('an error and an event are read or refused as ours', () => {
    const outcome = (read: () => unknown): unknown => {
      try {
        read()
        return undefined
      } catch (error) {
        return error
      }
    }
    const property = fc.property(
      noise,
      (payload) =>
        isOurs(outcome(() => readError(new XdrReader(payload)))) &&
        isOurs(outcome(() => readLifecycleMessage(payload))),
    )
    expect(fc.check(property, { numRuns: propertyRuns(2000) })).toMatchObject({ failed: false })
  })

  it('packets come out only as they went in, and nothing is kept beyond the one under way', () => {
    const property = fc.property(fc.array(noise, { maxLength: 20 }), (chunks) => {
      const splitter = new PacketSplitter()
      let inBytes = 0
      let outBytes = 0
      try {
        for (const chunk of chunks) {
          inBytes += chunk.length
          splitter.push(chunk, ({ payload }) => {
            outBytes += payload.length + 28
          })
        }
      } catch (error) {
        return error instanceof LibvirtError && error.kind === 'protocol'
      }
      return outBytes <= inBytes && inBytes - outBytes <= messageMaxBytes
    })
    expect(fc.check(property, { numRuns: propertyRuns(2000) })).toMatchObject({ failed: false })
  })

  it('a list that claims 16 384 items in a few bytes allocates none of them', async () => {
    const payload = Buffer.from('00004000' + '0'.repeat(40), 'hex')
    expect(await decode('connectListAllDomains' satisfies keyof LibvirtConnection, payload)).toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining('a list of 16384 in 20 bytes') as string,
    })
  })
})
