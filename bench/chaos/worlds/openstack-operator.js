import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../lib/until.js'
import { Refusal } from './openstack-api.js'

/** @import { Random } from '../random.js' */
/** @import { CloudApi, Named, SeenServer } from './openstack-api.js' */
/** @import { Project } from './openstack-project.js' */

/** Somebody with the rights of the project's user, and where they do not do those of an admin. */
export class Operator {
  /**
   * @param {CloudApi} api of the project
   * @param {CloudApi} admin
   * @param {Project} project
   */
  constructor(api, admin, project) {
    this.api = api
    this.admin = admin
    this.project = project
  }

  /** Things that look like the group's. */
  async bringStrangers() {
    const named = await this.addServer('chaos-stranger', {})
    const marked = await this.addServer('chaos-of-others', {
      'flotilla.group': 'chaos',
      'flotilla.scope': 'somebody-else',
      'flotilla.token': 'abc',
    })
    const port = await this.addPort('flotilla.somebody-else.chaos.abc')
    const unmarked = await this.addPort('flotilla-chaos')
    const network = await this.networkId('public')
    const { floatingip } = await this.api.ask('network', 'POST', '/floatingips', {
      floatingip: { floating_network_id: network, description: 'flotilla.somebody-else.chaos.abc' },
    })
    await this.project.keep(named, marked, port, unmarked, floatingip.id)
  }

  /**
   * @param {string} name
   * @param {Record<string, string>} metadata
   */
  async addServer(name, metadata) {
    const { flavors } = await this.api.ask('compute', 'GET', '/flavors')
    const { images } = await this.api.ask('image', 'GET', '/images?name=fake-image')
    const { server } = await this.api.ask('compute', 'POST', '/servers', {
      server: {
        name,
        metadata,
        tags: ['flotilla'],
        flavorRef: idOf(flavors, 'm1.tiny'),
        imageRef: idOf(images, 'fake-image'),
        networks: 'none',
      },
    })
    await this.untilStatus(server.id, 'ACTIVE')
    return server.id
  }

  /** @param {string} name */
  async addPort(name) {
    const network = await this.networkId('lab-net')
    const { port } = await this.api.ask('network', 'POST', '/ports', { port: { name, network_id: network } })
    return port.id
  }

  /** @param {string} name */
  async networkId(name) {
    const { networks } = await this.api.ask('network', 'GET', `/networks?name=${name}`)
    return idOf(networks, name)
  }

  /**
   * A server of the group with which nothing is being done; waits for one.
   *
   * @param {Random} random
   * @returns {Promise<SeenServer>}
   */
  async one(random) {
    /** @type {SeenServer | undefined} */
    let found
    await until(
      async () => {
        const idle = (await this.project.members()).filter(
          (server) => server.status === 'ACTIVE' && server['OS-EXT-STS:task_state'] === null,
        )
        found = random.pick(idle)
        return found !== undefined
      },
      60_000,
      1500,
    )
    if (found === undefined) throw new Error('the group has no server')
    return found
  }

  /**
   * @param {string} id
   * @param {unknown} body
   */
  async act(id, body) {
    await this.api.ask('compute', 'POST', `/servers/${id}/action`, body)
  }

  /**
   * The same where the server may be gone or busy by now, as its group has ended it meanwhile.
   *
   * @param {() => Promise<unknown>} deed
   * @returns {Promise<string | undefined>} what stood in the way
   */
  async tryTo(deed) {
    for (let tries = 1; ; tries += 1) {
      try {
        await deed()
        return undefined
      } catch (error) {
        if (!(error instanceof Refusal) || (error.status !== 404 && error.status !== 409)) throw error
        if (error.status === 404 || tries === 10) return error.message
        await sleep(1000)
      }
    }
  }

  /**
   * @param {string} id
   * @param {RegExp | string} wanted
   */
  async untilStatus(id, wanted) {
    const isWanted = new RegExp(`^(${typeof wanted === 'string' ? wanted : wanted.source})$`)
    await until(
      async () => {
        const { server } = await this.api.ask('compute', 'GET', `/servers/${id}`)
        return isWanted.test(server.status) && server['OS-EXT-STS:task_state'] === null
      },
      90_000,
      1500,
    )
  }

  /**
   * Ports and floating addresses that were made for a server.
   *
   * @param {SeenServer} server
   */
  async belongingsOf({ id }) {
    const { ports, addresses } = await this.project.contents()
    const own = ports.filter(({ device_id }) => device_id === id)
    const leading = addresses.filter(({ port_id }) => own.some((port) => port.id === port_id))
    return { ports: own, addresses: leading }
  }
}

/**
 * @param {readonly Named[]} things
 * @param {string} wanted
 */
const idOf = (things, wanted) => things.find(({ name }) => name === wanted)?.id
