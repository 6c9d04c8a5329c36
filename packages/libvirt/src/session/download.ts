import { LibvirtError, protocolFault } from '../libvirt-error.js'
import { volumeDownload } from '../procedures/volume-procedures.js'
import type { VolumeRef } from '../resource-types.js'
import { packetStatus } from '../wire/packet.js'
import { encodeArguments } from './call-procedure.js'
import type { CallBound } from './pending-call.js'
import type { Session } from './session.js'

/**
 * Reads bytes of a volume: the call opens a stream, packets of its serial carry the bytes, an empty one is their end,
 * which is answered, and the daemon confirms. One that is given up at any time is cancelled at the daemon.
 *
 * Source: docs/kbase/internals/rpc.rst of libvirt.
 */
export async function downloadVolume(
  session: Session,
  volume: VolumeRef,
  { offsetBytes, lengthBytes }: { readonly offsetBytes: bigint; readonly lengthBytes: number },
  bound: CallBound,
): Promise<Uint8Array> {
  const { number } = volumeDownload
  const opening = encodeArguments(volumeDownload, [volume, offsetBytes, BigInt(lengthBytes)])
  const parts: Buffer[] = []
  let received = 0
  const { serial, opened, ended } = session.openStream(volumeDownload, opening, bound, (bytes) => {
    received += bytes.length
    if (received > lengthBytes) throw protocolFault(`more than the ${lengthBytes} bytes that were asked for`)
    if (bytes.length > 0) parts.push(Buffer.from(bytes))
    else session.sendStream(number, serial, packetStatus.ok, Buffer.alloc(0))
  })
  // Takes a rejection that comes before it is waited for.
  ended.catch(() => {})
  await opened
  try {
    await ended
    return Buffer.concat(parts)
  } catch (error) {
    const isLibvirts = error instanceof LibvirtError && error.code !== undefined
    if (!isLibvirts) session.cancelStream(volumeDownload, serial)
    throw error
  }
}
