import { readFileSync } from 'node:fs'

/** What is assumed where the system does not tell: the least that is common. */
const assumedLimit = 1024
/** Beyond this, memory is the bound and not descriptors. */
const mostConnections = 65_536
const leastConnections = 16

/** Files that this process may have open at once, as Linux tells; undefined where it does not. */
export function readDescriptorLimit(read: () => string = readLimits): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(read())?.[1]
    return soft === 'unlimited' ? Infinity : soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}

function readLimits(): string {
  return readFileSync('/proc/self/limits', 'utf8')
}

/**
 * Connections of clients that leave room: a request takes two descriptors, its client's and its member's, and a quarter
 * of them (64 to 1,024) stays for the rest of the process: the controller that lists, probes and starts instances.
 */
export function connectionsWithin(limit: number = assumedLimit): number {
  const reserve = Math.min(1024, Math.max(64, Math.ceil(limit / 4)))
  const room = Math.floor((limit - reserve) / 2)
  return Math.min(mostConnections, Math.max(leastConnections, room))
}
