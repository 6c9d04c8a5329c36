import type { BackendProblem } from '@flotilla/core'
import type { FloatingIp, Port } from '@flotilla/openstack-client'

/** Ports and floating addresses with marks of ours. */
export interface Marked {
  readonly ports: readonly Port[]
  readonly floatingIps: readonly FloatingIp[]
}

/** Those that nobody uses, and a problem for each that somebody else uses. */
export interface Unused extends Marked {
  readonly held: readonly BackendProblem[]
}

/**
 * Finds what may be removed of what carries our marks: ports that no server has, and floating addresses that lead nowhere or
 * to such a port. A port that is plugged into something, and an address that leads elsewhere, is in use, whatever its name.
 *
 * @param endedId - the server that they were made for, and that is gone
 */
export function findUnused({ ports, floatingIps }: Marked, endedId?: string): Unused {
  const isFree = ({ deviceId }: Port): boolean => deviceId === undefined || deviceId === endedId
  const free = new Set(ports.filter(isFree).map(({ id }) => id))
  const heldPorts = new Set(ports.filter(({ id }) => !free.has(id)).map(({ id }) => id))
  const leadsNowhere = ({ portId }: FloatingIp): boolean => portId === undefined || free.has(portId)
  return {
    ports: ports.filter(isFree),
    floatingIps: floatingIps.filter(leadsNowhere),
    held: [
      ...ports.filter((port) => !isFree(port)).map(heldPort),
      // The problem of its port says enough.
      ...floatingIps.filter((one) => !leadsNowhere(one) && !heldPorts.has(one.portId ?? '')).map(heldAddress),
    ],
  }
}

function heldPort({ id, name, deviceId, deviceOwner }: Port): BackendProblem {
  const by = `${deviceOwner === undefined || deviceOwner === '' ? 'device' : deviceOwner} ${deviceId}`
  return {
    about: `port ${id}`,
    message: `port ${id} was made for ${name}, which is no instance any more, and is plugged into ${by}: it stays. To keep it, give it another name; else delete that server, or unplug the port`,
  }
}

function heldAddress({ id, address, description, portId }: FloatingIp): BackendProblem {
  return {
    about: `floating address ${id}`,
    message: `floating address ${address} was made for ${description}, which is no instance any more, and somebody has led it to port ${portId}: it stays. To keep it, change its description; else lead it nowhere`,
  }
}
