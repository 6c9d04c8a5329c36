import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  openstack,
  openstackCloud,
  type OpenStackCloud,
  type OpenStackCloudOptions,
  type OpenStackGroups,
  type OpenStackOptions,
} from '../../../packages/backend-openstack/src/index.js'
import { labels } from '../../../packages/backend-openstack/src/labels.js'
import { Autoscaler, fixed, silentLogger, type AutoscalerOptions } from '../../../packages/core/src/index.js'
import { messageOf } from '../../../packages/core/src/authoring.js'
import { collect, type Cloud, type Server } from '../../../packages/openstack-client/src/index.js'
import { untilWithin, type Until } from '../../lib/story.js'
import { setKnobs as setKnobsOf, type Knobs } from '../knobs.js'
import { killService as killServiceOf, restoreService as restoreServiceOf } from '../outage.js'
import type { Places } from '../places.js'

const file = process.env['FLOTILLA_LIVE_OPENSTACK_LAB'] ?? ''
/** What the lab brought up. */
export const places: Places = JSON.parse(file === '' ? '{}' : readFileSync(file, 'utf8'))
export const cloudName: string = process.env['OS_CLOUD'] ?? ''

/** A server of the fake hosts, without a network: what is asked of the control plane is the same, and quick. */
export const fakeTemplate: OpenStackOptions = { image: 'fake-image', flavor: 'm1.tiny', networks: [] }

/** A guest in QEMU, which serves. */
export const guestTemplate: OpenStackOptions = {
  image: 'lab-guest',
  flavor: 'q1.nano',
  networks: ['lab-real'],
  port: 80,
}

/** A name that no other run has. */
export const uniqueName = (what: string): string => `${what}-${randomBytes(3).toString('hex')}`

export interface Group {
  readonly web: Autoscaler
  readonly backend: OpenStackGroups
  readonly cloud: OpenStackCloud
  /** Servers of the group that Nova has, whatever the controller believes. */
  servers(): Promise<readonly Server[]>
  inService(): number
  readonly close: () => Promise<void>
}

/** An Autoscaler of servers; without a policy its size is to be set by hand, with its scaling paused. */
export function groupOf(
  options: Omit<AutoscalerOptions, 'backend' | 'group'> & { readonly group?: string },
  given: Partial<OpenStackOptions> = {},
  cloudOptions: OpenStackCloudOptions = {},
): Group {
  const cloud = openstackCloud({ cloud: cloudName, ...cloudOptions })
  const backend = openstack({ ...fakeTemplate, ...given, cloud })
  const group = options.group ?? uniqueName('e2e')
  const common = { intervalMs: 1000, logger: silentLogger, policy: fixed(0) }
  const web = new Autoscaler({ ...common, ...options, group, backend })
  return {
    web,
    backend,
    cloud,
    servers: async () => serversOf(cloud.client, group),
    inService: () => web.status().instances.filter(({ state }) => state === 'in-service').length,
    close: async () => {
      await web.stop({ terminate: true })
      await backend.close()
      await cloud.close()
    },
  }
}

export async function serversOf(client: Cloud, group: string): Promise<readonly Server[]> {
  const servers = await collect(client.compute.servers.list())
  return servers.filter(({ metadata }) => metadata[labels.group] === group)
}

/** Sets a group to a size and waits until exactly so many serve, and no more are there: Nova's own word for them. */
export async function sized(group: Group, size: number, withinMs = 120_000): Promise<readonly Server[]> {
  await group.web.setDesired(size)
  const isSized = () => group.inService() === size && group.web.status().instances.length === size
  await until(`${size} in service`, isSized, withinMs).catch(async (error: unknown) => {
    const known = group.web.status().instances.map(({ id, state }) => `${id} ${state}`)
    const there = (await group.servers()).map(({ id, status, taskState }) => `${id} ${status} ${taskState}`)
    const facts = `known: ${known.join(', ')}; at Nova: ${there.join(', ')}`
    throw new Error(`${messageOf(error)}; ${facts}`, { cause: error })
  })
  const found = await group.servers()
  if (found.length !== size) throw new Error(`Nova has ${found.length} servers where ${size} are wanted`)
  return found
}

// What is asked of is often Nova, which has other work to do.
export const until: Until = untilWithin(120_000, { everyMs: 500 })

export const killService = async (name: string): Promise<void> => killServiceOf(places, name)
export const restoreService = async (name: string): Promise<void> => restoreServiceOf(places, name)
export const setKnobs = (knobs?: Knobs): void => setKnobsOf(places, knobs)
