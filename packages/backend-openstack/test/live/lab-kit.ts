import { randomBytes } from 'node:crypto'
import { isNotFound, collect, type Cloud } from '@flotilla/openstack-client'
import type { BackendKit } from '@flotilla/core/testing'
import { openstack, openstackCloud, labels, type OpenStackOptions } from '../../src/index.js'

/**
 * What `npm run lab -- openstack` says to the live suites. Without it they fail: where they are asked for, they run.
 * `OS_CLIENT_CONFIG_FILE` has the lab's clouds: `OS_CLOUD`, and beside it the same name with `-small`, `-alone` and `-admin`.
 */
function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the live suites by npm run lab -- openstack`)
  }
  return value
}

/** `alone` has a project in which no other suite has a server. */
export type LabUser = 'member' | 'small' | 'alone' | 'admin'

/** A cloud of the lab's clouds.yaml. */
export function labCloud(user: LabUser = 'member'): string {
  variable('OS_CLIENT_CONFIG_FILE')
  const name = variable('OS_CLOUD')
  return user === 'member' ? name : `${name}-${user}`
}

/** A server of the fake hosts. */
export const labTemplate: OpenStackOptions = {
  image: 'fake-image',
  flavor: 'm1.tiny',
  networks: ['lab-net'],
  port: 80,
}

/** A name of its own for each run, so that what another run left is not met. */
export const uniqueScope = (): string => `live-${randomBytes(4).toString('hex')}`

/** Ends every server of a scope, and waits until they are gone: Nova may forget the end of one that it was making. */
export async function removeScope(client: Cloud, scope: string): Promise<void> {
  await client.waitFor({
    what: `the servers of ${scope} to be gone`,
    service: 'compute',
    timeoutMs: 240_000,
    read: async (signal) => {
      const servers = await collect(client.compute.servers.list({}, { signal }))
      const ours = servers.filter(({ metadata }) => metadata[labels.scope] === scope)
      for (const { id, isDeleting } of ours) if (!isDeleting) await client.compute.servers.delete(id)
      return ours
    },
    done: (left) => left.length === 0,
  })
}

/** The contract suite's kit on the lab. What only a fake can do is left out. */
export function liveKit(): BackendKit {
  return {
    timeoutMs: 240_000,
    abortMs: 10_000,
    eventuallyMs: 240_000,
    async make() {
      const scope = uniqueScope()
      const cloud = openstackCloud({ cloud: labCloud() })
      const { client } = cloud
      const foreign: string[] = []
      // A server's port is most of what it takes the lab to make it; addresses and ports are looked at in other suites.
      const options = { ...labTemplate, networks: [], port: undefined, cloud, scope }
      const status = async (id: string): Promise<string | undefined> => {
        try {
          return (await client.compute.servers.get(id)).status
        } catch (error) {
          if (isNotFound(error)) return undefined
          throw error
        }
      }
      return {
        backend: openstack(options),
        reopen: async () => openstack(options),
        isRunning: async (id) => (await status(id)) === 'ACTIVE',
        crash: async (id) => {
          await client.compute.servers.stop(id)
          await client.compute.servers.waitFor(id, 'SHUTOFF')
        },
        makeForeign: async () => {
          const [flavor, image] = await Promise.all([
            client.compute.flavors.find('m1.tiny'),
            client.image.find('fake-image'),
          ])
          const { id } = await client.compute.servers.create({
            name: `${scope}-somebody`,
            flavorId: flavor?.id ?? '',
            imageId: image?.id ?? '',
            networks: 'none',
          })
          foreign.push(id)
          await client.compute.servers.waitFor(id, 'ACTIVE')
          return id
        },
        cleanup: async () => {
          await removeScope(client, scope)
          for (const id of foreign) await client.compute.servers.delete(id)
          await cloud.close()
        },
      }
    },
  }
}
