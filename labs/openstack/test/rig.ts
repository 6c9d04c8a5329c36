import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
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
import { collect, type Cloud, type Server } from '../../../packages/openstack-client/src/index.js'
import { start, stop, untilAnswers } from '../daemons.js'
import type { Places } from '../places.js'
import { servicesOf } from '../services.js'

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
  await until(`${size} in service`, isSized, withinMs)
  const found = await group.servers()
  if (found.length !== size) throw new Error(`Nova has ${found.length} servers where ${size} are wanted`)
  return found
}

export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 120_000,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    // The answer may be Nova's, which has other work to do.
    await sleep(500)
  }
}

const services = () => Object.values(servicesOf(places)).flat()

export const killService = async (name: string): Promise<void> => stop(places, name, 'SIGKILL')

/** Starts a service again, and waits until it answers. */
export async function restoreService(name: string): Promise<void> {
  const service = services().find((one) => one.name === name)
  if (service === undefined) throw new Error(`the lab has no service ${name}`)
  await start(places, service)
  await untilAnswers(places, service, AbortSignal.timeout(120_000))
}

export interface Knobs {
  /** From, to: seconds. */
  readonly build_delay?: readonly [number, number]
  readonly delete_delay?: readonly [number, number]
  readonly fail_rate?: number
  readonly fail_mode?: 'abort' | 'reschedule'
}

/** How the fake hosts behave from now on; without an argument as they are. */
export function setKnobs(knobs?: Knobs): void {
  for (const host of ['fake1', 'fake2']) {
    const path = join(places.knobs, `${host}.json`)
    if (knobs === undefined) rmSync(path, { force: true })
    else writeFileSync(path, JSON.stringify(knobs))
  }
}

export interface Running {
  readonly child: ChildProcess
  /** All that it printed. */
  readonly lines: readonly string[]
  readonly ended: Promise<number | null>
}

/** A program of the examples, as a user runs it. */
export function startExample(
  path: string,
  args: readonly string[],
  { directory, env }: { readonly directory: string; readonly env: Readonly<Record<string, string>> },
): Running {
  const program = fileURLToPath(new URL(`../../../examples/${path}`, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => void lines.push(...String(text).split('\n').filter(Boolean)))
  }
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { child, lines, ended }
}
