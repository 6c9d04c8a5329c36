import { randomBytes } from 'node:crypto'
import { connect } from '../../src/connect.js'
import type { Cloud } from '../../src/cloud.js'
import type { ConnectOptions } from '../../src/config/connect-options.js'
import { collect } from '../../src/resources/pages.js'

/**
 * What `npm run lab -- openstack` says to the live suites. Without it they fail: where they are asked for, they run.
 * `OS_CLIENT_CONFIG_FILE` has the lab's clouds: `OS_CLOUD` (a member of the project lab), and beside it the same name
 * with `-appcred` (the same user by application credential), `-viewer` (reader), `-small` (a quota of 3 servers) and
 * `-admin`.
 */
function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the live suites by npm run lab -- openstack`)
  }
  return value
}

export type LabUser = 'member' | 'appcred' | 'viewer' | 'small' | 'admin'

/** A client of the lab. */
export function lab(user: LabUser = 'member', options: ConnectOptions = {}): Cloud {
  variable('OS_CLIENT_CONFIG_FILE')
  const name = variable('OS_CLOUD')
  return connect({ cloud: user === 'member' ? name : `${name}-${user}`, ...options })
}

/** A name of its own for each run, so that what another run left is not met. */
export const uniqueName = (what: string): string => `client-${what}-${randomBytes(4).toString('hex')}`

/** Names of the lab: flavours of the fake hosts, an image, a network without DHCP, an external one. */
export const names = {
  flavor: 'm1.tiny',
  hugeFlavor: 'm1.huge',
  image: 'fake-image',
  network: 'lab-net',
  externalNetwork: 'public',
} as const

/** What a server of the lab is made of. */
export async function serverParts(
  cloud: Cloud,
): Promise<{ flavorId: string; imageId: string; networkId: string }> {
  const [flavor, image, network] = await Promise.all([
    cloud.compute.flavors.find(names.flavor),
    cloud.image.find(names.image),
    cloud.network.networks.find(names.network),
  ])
  if (flavor === undefined || image === undefined || network === undefined) {
    throw new Error(`the lab has not all of ${names.flavor}, ${names.image}, ${names.network}`)
  }
  return { flavorId: flavor.id, imageId: image.id, networkId: network.id }
}

/** Ids of the servers with the tag, once there are so many: Nova may not list one by its tag before it is scheduled. */
export async function listedByTag(cloud: Cloud, tag: string, count: number): Promise<readonly string[]> {
  const servers = await cloud.waitFor({
    what: `${count} servers with the tag ${tag}`,
    service: 'compute',
    timeoutMs: 120_000,
    read: (signal) => collect(cloud.compute.servers.list({ tags: [tag], pageSize: 2 }, { signal })),
    done: (found) => found.length >= count,
  })
  return servers.map(({ id }) => id)
}

/** Removes every server with the tag, and waits until they are gone: Nova may forget the end of one that it was making. */
export async function removeTagged(cloud: Cloud, tag: string): Promise<void> {
  await cloud.waitFor({
    what: `the servers with the tag ${tag} to be gone`,
    service: 'compute',
    timeoutMs: 240_000,
    read: async (signal) => {
      const servers = await collect(cloud.compute.servers.list({ tags: [tag] }, { signal }))
      for (const { id, isDeleting } of servers) if (!isDeleting) await cloud.compute.servers.delete(id)
      return servers
    },
    done: (left) => left.length === 0,
  })
}
