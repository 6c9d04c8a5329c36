import { LibvirtError } from '../libvirt-error.js'
import { volumeUpload } from '../procedures/volume-procedures.js'
import type { VolumeRef } from '../resource-types.js'
import { streamChunkBytes } from '../wire/limits.js'
import { packetStatus } from '../wire/packet.js'
import { encodeArguments } from './call-procedure.js'
import type { CallBound } from './pending-call.js'
import type { Session } from './session.js'

/**
 * Writes bytes into a volume: the call opens a stream, packets of its serial carry the bytes, an empty one ends it, and
 * the daemon confirms. One that is given up at any time is cancelled at the daemon.
 *
 * Source: docs/kbase/internals/rpc.rst of libvirt.
 */
export async function uploadVolume(
  session: Session,
  volume: VolumeRef,
  content: Uint8Array,
  bound: CallBound,
): Promise<void> {
  const { number } = volumeUpload
  const opening = encodeArguments(volumeUpload, [volume, 0n, BigInt(content.length)])
  const { serial, opened, ended } = session.openStream(volumeUpload, opening, bound)
  // A daemon that has had enough is not sent the rest. This also takes a rejection that comes before it is waited for.
  const isOver = ended.then(
    () => true,
    () => true,
  )
  await opened
  try {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
    for (let at = 0; at < bytes.length; at += streamChunkBytes) {
      session.sendStream(number, serial, packetStatus.continue, bytes.subarray(at, at + streamChunkBytes))
      if ((await Promise.race([session.drained(), isOver])) === true) break
    }
    if (!session.isStreamOver(serial)) session.sendStream(number, serial, packetStatus.ok, Buffer.alloc(0))
    await ended
  } catch (error) {
    const isLibvirts = error instanceof LibvirtError && error.code !== undefined
    if (!isLibvirts) session.cancelStream(volumeUpload, serial)
    throw error
  }
}
