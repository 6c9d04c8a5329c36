/** @import { Cloud } from '@flotilla/openstack-client' */

/** @typedef {Record<string, unknown> & { id: string }} Thing */

/**
 * Calls of one service for which the client has no functions, mostly those of administrators.
 *
 * @param {Cloud} cloud
 * @param {string} type - of the service
 */
export function callsOf(cloud, type) {
  const service = cloud.service(type)
  const call = async (
    /** @type {'GET' | 'POST' | 'PUT'} */ method,
    /** @type {string} */ path,
    /** @type {{ json?: unknown, query?: Record<string, string> }} */ given = {},
  ) =>
    /** @type {Record<string, unknown>} */ (
      (await service.request({ what: `${method} ${path}`, method, path, ...given })).body
    )

  /**
   * What there is of a kind, named as in the address.
   *
   * @param {string} many
   * @param {Record<string, string>} [query]
   * @returns {Promise<readonly Thing[]>}
   */
  const list = async (many, query = {}) =>
    /** @type {Thing[]} */ ((await call('GET', `/${many}`, { query }))[many.replace(/^os-/, '')])

  /**
   * @param {readonly [many: string, one: string]} names - as in the address, and in the body
   * @param {Record<string, unknown>} spec
   * @returns {Promise<Thing>}
   */
  const make = async ([many, one], spec) =>
    /** @type {Thing} */ ((await call('POST', `/${many}`, { json: { [one]: spec } }))[one])

  /**
   * The thing that is so, made when there is none.
   *
   * @param {readonly [many: string, one: string]} names
   * @param {Record<string, unknown>} wanted - what tells it from others
   * @param {Record<string, unknown>} [rest] - what it is made with beside that
   */
  const ensure = async ([many, one], wanted, rest = {}) => {
    const isIt = (/** @type {Thing} */ thing) =>
      Object.entries(wanted).every(([key, value]) => thing[key] === value)
    return (await list(many)).find(isIt) ?? make([many, one], { ...wanted, ...rest })
  }

  return {
    list,
    make,
    ensure,
    post: async (/** @type {string} */ path, /** @type {unknown} */ json) => call('POST', path, { json }),
    put: async (/** @type {string} */ path, /** @type {unknown} */ json) => call('PUT', path, { json }),
  }
}
