import { setTimeout as sleep } from 'node:timers/promises'
import { urls } from '../../../labs/openstack/places.js'

/**
 * Who asks: a user of the lab.
 *
 * @typedef {{ name: string, password: string, project: string }} Login
 */

/**
 * What answers hold; each has the part that was asked for.
 *
 * @typedef {{ id: string, name: string }} Named
 * @typedef {Named & { status: string, metadata: Record<string, string>, 'OS-EXT-STS:task_state': string | null }} SeenServer
 * @typedef {Named & { device_id: string }} SeenPort
 * @typedef {{ id: string, description: string, port_id: string | null }} SeenAddress
 *
 * @typedef {object} Answer
 * @property {SeenServer[]} servers
 * @property {SeenServer} server
 * @property {SeenPort[]} ports
 * @property {SeenPort} port
 * @property {SeenAddress[]} floatingips
 * @property {SeenAddress} floatingip
 * @property {Named[]} networks
 * @property {Named[]} flavors
 * @property {Named[]} images
 * @property {{ instances: number }} quota_set
 */

const bases = {
  identity: urls.identity,
  compute: urls.compute,
  image: `${urls.image}/v2`,
  network: `${urls.network}/v2.0`,
}

/** What is to be asked for again, for as long as an outage of a chaos run may be. */
const patienceMs = 60_000

/** A service answered with something else than was asked for. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} text
   */
  constructor(status, text) {
    super(`${status}: ${text.slice(0, 300)}`)
    this.status = status
  }
}

/** The cloud's APIs over plain HTTP, with nothing of Flotilla's. */
export class CloudApi {
  #login
  /** @type {Promise<{ token: string, projectId: string, userId: string }> | undefined} */
  #session

  /** @param {Login} login */
  constructor(login) {
    this.#login = login
  }

  async whoAmI() {
    this.#session ??= signIn(this.#login)
    try {
      return await this.#session
    } catch (error) {
      this.#session = undefined
      throw error
    }
  }

  /**
   * @param {keyof typeof bases} service
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @returns {Promise<Answer>}
   */
  async ask(service, method, path, body) {
    for (let attempt = 1; ; attempt += 1) {
      const { token } = await this.whoAmI()
      const answer = await fetch(`${bases[service]}${path}`, {
        method,
        headers: {
          'x-auth-token': token,
          'content-type': 'application/json',
          'openstack-api-version': 'compute 2.65',
        },
        signal: AbortSignal.timeout(30_000),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (answer.ok) return JSON.parse(text.startsWith('{') ? text : '{}')
      if (answer.status !== 401 || attempt === 2) {
        throw new Refusal(answer.status, `${method} ${service} ${path}: ${text}`)
      }
      this.#session = undefined
    }
  }

  /**
   * What is there, asked for again while the service is down.
   *
   * @param {keyof typeof bases} service
   * @param {string} path
   */
  async read(service, path) {
    const endMs = performance.now() + patienceMs
    for (;;) {
      try {
        return await this.ask(service, 'GET', path)
      } catch (error) {
        if (performance.now() > endMs) throw error
        await sleep(1000)
      }
    }
  }
}

/** @param {Login} login */
async function signIn({ name, password, project }) {
  const domain = { id: 'default' }
  const answer = await fetch(`${bases.identity}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name, password, domain } } },
        scope: { project: { name: project, domain } },
      },
    }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Refusal(answer.status, `sign in ${name}: ${text}`)
  const { token } = JSON.parse(text)
  return {
    token: answer.headers.get('x-subject-token') ?? '',
    projectId: token.project.id,
    userId: token.user.id,
  }
}
