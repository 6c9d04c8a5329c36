import { isIPv4, isIPv6 } from 'node:net'
import type { Address } from '@flotilla/core'
import { canonicalIPv6 } from '../config/listen.js'

/** Established, being opened, and half closed by the other side: states of a connection that may carry a request. */
const openStates = new Set(['01', '02', '08'])

/**
 * Which of these targets have connections in `/proc/net/tcp` and `/proc/net/tcp6`, by their place in the list. A target
 * that is a name cannot be told from another, and counts as connected.
 *
 * @param inodes - only sockets among these count; undefined for all
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function connectedTargets(
  table: string,
  targets: readonly Address[],
  inodes?: ReadonlySet<string>,
): readonly boolean[] {
  const remotes = new Set(
    table.split('\n').flatMap((line) => {
      const fields = line.trim().split(/\s+/)
      const [remote, state, inode] = [fields[2], fields[3], fields[9]]
      const counts = state !== undefined && openStates.has(state) && (inodes?.has(inode ?? '') ?? true)
      return counts && remote !== undefined ? [remote] : []
    }),
  )
  return targets.map(({ host, port }) => {
    const address = kernelAddress(host)
    return address === undefined || remotes.has(`${address}:${hex(port, 4)}`)
  })
}

/** As the kernel prints it on a little-endian machine; undefined for a name. */
function kernelAddress(host: string): string | undefined {
  if (isIPv4(host)) return littleEndian(host.split('.').map(Number))
  if (!isIPv6(host)) return undefined
  const groups = canonicalIPv6(host)
  const [head = '', tail] = groups.split('::')
  const [first, last] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')))
  const written = [...(first ?? []), ...(last ?? [])]
  const zeros = Array.from({ length: 8 - written.length }, () => '0')
  const all = [...(first ?? []), ...zeros, ...(last ?? [])].map((group) => Number.parseInt(group, 16))
  return littleEndian(all.flatMap((group) => [group >> 8, group & 0xff]))
}

/** In words of four bytes, the last byte first. */
function littleEndian(bytes: readonly number[]): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, index) => bytes.slice(4 * index, 4 * index + 4))
  return words
    .map((word) =>
      word
        .toReversed()
        .map((byte) => hex(byte, 2))
        .join(''),
    )
    .join('')
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0')
}
