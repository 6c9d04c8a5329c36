import { readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { Autoscaler, fixed, silentLogger } from '@flotilla/core'
import { openstack, openstackCloud } from '@flotilla/backend-openstack'
import { collect } from '@flotilla/openstack-client'
import { setKnobs as setKnobsOf } from '../../labs/openstack/knobs.js'

/** @import { OpenStackCloud, OpenStackCloudOptions, OpenStackOptions } from '@flotilla/backend-openstack' */
/** @import { AutoscalerOptions } from '@flotilla/core' */
/** @import { Cloud } from '@flotilla/openstack-client' */
/** @import { Knobs } from '../../labs/openstack/knobs.js' */
/** @import { Places } from '../../labs/openstack/places.js' */

/** @returns {Places} */
export const places = () => JSON.parse(readFileSync(process.env['FLOTILLA_LIVE_OPENSTACK_LAB'] ?? '', 'utf8'))

/** Servers that are not there: their host only says so. */
export const fakeTemplate = { image: 'fake-image', flavor: 'm1.tiny', networks: /** @type {string[]} */ ([]) }

/** Guests, emulated, that serve HTTP. */
export const guestTemplate = { image: 'lab-guest', flavor: 'q1.nano', networks: ['lab-real'], port: 80 }

/** What a cloud was asked for. */
export class CallLog {
  /** @type {Map<string, number>} */
  #counts = new Map()
  calls = 0
  bytes = 0

  /** @param {{ service: string, method: string, path: string }} call */
  add({ service, method, path }) {
    const key = `${method} ${service} ${kindOf(path)}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.calls += 1
  }

  reset() {
    this.#counts.clear()
    this.calls = 0
    this.bytes = 0
  }

  /** Most frequent first. */
  text() {
    return [...this.#counts]
      .toSorted(([, a], [, b]) => b - a)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')
  }
}

/** @param {string} path */
const kindOf = (path) =>
  path
    .replace(/^https?:\/\/[^/]+/, '')
    .replaceAll(/[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}/g, 'ID')
    .replace(/^(\/v\d+(\.\d+)?)?\/?/, '/')

/**
 * A cloud whose calls are counted, and the bytes of their answers.
 *
 * @param {OpenStackCloudOptions} [options]
 * @returns {{ cloud: OpenStackCloud, log: CallLog }}
 */
export function countedCloud(options = {}) {
  const log = new CallLog()
  const cloud = openstackCloud({
    ...options,
    onCall: (call) => log.add(call),
    send: async (url, { body, ...request }) => {
      const answer = await fetch(url, { ...request, ...(body === undefined ? {} : { body, duplex: 'half' }) })
      const text = await answer.text()
      log.bytes += Buffer.byteLength(text)
      return { status: answer.status, headers: answer.headers, text: async () => text }
    },
  })
  return { cloud, log }
}

/**
 * An Autoscaler of servers; its size is set by hand.
 *
 * @param {Omit<AutoscalerOptions, 'backend'>} options
 * @param {OpenStackOptions} template
 */
export function groupOf(options, template) {
  const backend = openstack(template)
  const web = new Autoscaler({
    logger: silentLogger,
    // What the group is told by hand holds, once it is paused.
    policy: fixed(options.min),
    intervalMs: 1000,
    ...options,
    backend,
  })
  const inService = () => web.status().instances.filter(({ state }) => state === 'in-service').length
  return { web, backend, inService }
}

/** @param {Knobs | undefined} knobs - of both fake hosts; undefined: none */
export const setKnobs = (knobs) => setKnobsOf(places(), knobs)

/**
 * Servers whose names begin so: others may use the project too. Nova takes a `|` in it for itself.
 *
 * @param {Cloud} client
 * @param {string} beginning
 */
export const serversNamed = async (client, beginning) =>
  collect(client.compute.servers.list({ namePattern: `^${beginning}` }))

export const load = () => loadavg()[0] ?? 0
