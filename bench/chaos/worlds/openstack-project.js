import { until } from '../../lib/until.js'

/** @import { CloudApi, SeenAddress, SeenPort, SeenServer } from './openstack-api.js' */

/** @typedef {{ servers: SeenServer[], ports: SeenPort[], addresses: SeenAddress[] }} Contents */

/**
 * A project of the cloud: what is in it, and what of that is the operator's and must stay as it is.
 */
export class Project {
  #api
  #scope
  /** @type {string | undefined} */
  #projectId
  /** By id, what must be so, as a line. @type {Map<string, string>} */
  #foreign = new Map()

  /**
   * @param {CloudApi} api
   * @param {string} scope of the group
   */
  constructor(api, scope) {
    this.#api = api
    this.#scope = scope
  }

  /** @returns {Promise<Contents>} */
  async contents() {
    this.#projectId ??= (await this.#api.whoAmI()).projectId
    const of = `?project_id=${this.#projectId}`
    const [{ servers }, { ports }, { floatingips }] = await Promise.all([
      this.#api.read('compute', '/servers/detail'),
      this.#api.read('network', `/ports${of}`),
      this.#api.read('network', `/floatingips${of}`),
    ])
    return { servers, ports, addresses: floatingips }
  }

  /** The group's servers in any state, also one whose metadata is gone and that is not known to be somebody's. */
  async members() {
    const { servers } = await this.#api.ask('compute', 'GET', '/servers/detail')
    return servers.filter(({ id, name, metadata }) => {
      if (this.#foreign.has(id)) return false
      return metadata['flotilla.scope'] === this.#scope || name.startsWith('chaos-')
    })
  }

  /**
   * From now on this is the operator's, as it is at this moment.
   *
   * @param {readonly string[]} ids
   */
  async keep(...ids) {
    const lines = linesOf(await this.contents())
    for (const id of ids) this.#foreign.set(id, lines.get(id) ?? `${id}, which was not there`)
  }

  /** @param {string} id */
  letGo(id) {
    this.#foreign.delete(id)
  }

  /** What of the operator's is not as it was; each change is told once. */
  async harm() {
    const lines = linesOf(await this.contents())
    return [...this.#foreign].flatMap(([id, line]) => {
      const now = lines.get(id)
      if (now === line) return []
      if (now === undefined) this.#foreign.delete(id)
      else this.#foreign.set(id, now)
      return [`the operator's ${line} is ${now === undefined ? 'gone' : `now ${now}`}`]
    })
  }

  async leftovers() {
    return [...linesOf(await this.contents())]
      .filter(([id]) => !this.#foreign.has(id))
      .map(([, line]) => line)
  }

  /** The cloud is the bench's own. */
  async empty() {
    const remove = (/** @type {'compute' | 'network'} */ service, /** @type {string} */ path) =>
      this.#api.ask(service, 'DELETE', path).catch(() => {})
    for (const { id } of (await this.contents()).servers) {
      await this.#api.ask('compute', 'POST', `/servers/${id}/action`, { unlock: null }).catch(() => {})
      await remove('compute', `/servers/${id}`)
    }
    await until(async () => (await this.contents()).servers.length === 0, 60_000, 1000)
    const { addresses, ports } = await this.contents()
    for (const { id } of addresses) await remove('network', `/floatingips/${id}`)
    for (const { id } of ports) await remove('network', `/ports/${id}`)
  }
}

/**
 * By id, what it is in words that change with it.
 *
 * @param {Contents} contents
 */
function linesOf({ servers, ports, addresses }) {
  return new Map([
    ...servers.map(({ id, name, status }) => /** @type {const} */ ([id, `server ${name} ${id} ${status}`])),
    ...ports.map(
      ({ id, name, device_id }) => /** @type {const} */ ([id, `port ${name} ${id} of ${device_id}`]),
    ),
    ...addresses.map(
      ({ id, description, port_id }) =>
        /** @type {const} */ ([id, `floating address ${description} ${id} to ${port_id}`]),
    ),
  ])
}
