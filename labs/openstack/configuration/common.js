import { ports, urls } from '../places.js'

/** @import { Secrets } from '../secrets.js' */

/** The databases; Nova has one for its API, and one for each cell. */
export const databases = ['keystone', 'glance', 'placement', 'nova_api', 'nova', 'nova_cell0', 'neutron']

/**
 * @param {Secrets} secrets
 * @param {string} database
 */
export const databaseUrl = ({ database: password }, database) =>
  `mysql+pymysql://lab:${password}@127.0.0.1:${ports.database}/${database}?charset=utf8`

/** @param {Secrets} secrets */
export const messagesUrl = ({ messages: password }) => `rabbit://lab:${password}@127.0.0.1:${ports.messages}/`

/**
 * Who a service is to the others.
 *
 * @param {Secrets} secrets
 * @param {string} username
 */
export const serviceLogin = ({ services: password }, username) => ({
  auth_type: 'password',
  auth_url: urls.identity,
  username,
  password,
  project_name: 'service',
  user_domain_name: 'Default',
  project_domain_name: 'Default',
  region_name: 'RegionOne',
})

/**
 * How a service checks the tokens that it is shown.
 *
 * @param {Secrets} secrets
 * @param {string} username
 */
export const tokenChecks = (secrets, username) => ({
  www_authenticate_uri: urls.identity,
  memcached_servers: `127.0.0.1:${ports.cache}`,
  ...serviceLogin(secrets, username),
  service_token_roles_required: true,
})
