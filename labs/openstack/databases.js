import { readFileSync } from 'node:fs'
import { databaseUrl, databases, messagesUrl } from './configuration/common.js'
import { urls } from './places.js'
import { shInside } from './sandbox.js'

/** @import { Secrets } from './secrets.js' */
/** @import { Places } from './places.js' */

/**
 * The user that MariaDB runs as.
 *
 * @returns {number} its id
 */
export function databaseUser() {
  const id = /^mysql:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1]
  if (id === undefined) throw new Error('there is no user mysql: mariadb-server is not installed')
  return Number(id)
}

/**
 * Answers of the database to statements.
 *
 * @param {Places} places
 * @param {string} statements
 * @param {AbortSignal} signal
 */
export async function sql(places, statements, signal) {
  const client = ['mariadb', '--no-defaults', '-uroot', '-S', `${places.inside}/db/socket`, '-N', '-B']
  return shInside(places, [...client, '-e', statements], { signal })
}

/**
 * Makes the databases, empty. What is there already stays.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 * @param {AbortSignal} signal
 */
export async function makeDatabases(places, { database: password }, signal) {
  const users = ['127.0.0.1', 'localhost'].map(
    (host) => `create user if not exists lab@'${host}' identified by '${password}';
               grant all on *.* to lab@'${host}';`,
  )
  const made = databases.map((name) => `create database if not exists ${name};`)
  await sql(places, [...made, ...users].join('\n'), signal)
}

/**
 * Makes the tables of each service, and what else must be there before it starts.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 * @param {AbortSignal} signal
 */
export function tablesOf(places, secrets, signal) {
  const files = (/** @type {readonly string[]} */ ...names) =>
    names.flatMap((name) => ['--config-file', `${places.inside}/etc/${name}`])
  const manage = async (/** @type {readonly string[]} */ ...command) =>
    shInside(places, command, { signal, timeoutMs: 600_000, env: { HOME: `${places.inside}/home` } })
  const keystone = async (/** @type {readonly string[]} */ ...args) =>
    manage('keystone-manage', ...files('keystone.conf'), ...args)
  const nova = async (/** @type {readonly string[]} */ ...args) =>
    manage('nova-manage', ...files('nova.conf'), ...args)
  return {
    identity: async () => {
      await keystone('db_sync')
      for (const keys of ['fernet_setup', 'credential_setup'])
        await keystone(keys, '--keystone-user', 'root', '--keystone-group', 'root')
      await keystone('bootstrap', ...bootstrapOptions(secrets))
    },
    image: async () => manage('glance-manage', ...files('glance-api.conf'), 'db_sync'),
    placement: async () =>
      manage('placement-manage', '--config-dir', `${places.inside}/etc/placement`, 'db', 'sync'),
    network: async () =>
      manage('neutron-db-manage', ...files('neutron.conf', 'ml2_conf.ini'), 'upgrade', 'heads'),
    compute: async () => {
      await nova('api_db', 'sync')
      await mapCells(places, secrets, signal)
      await nova('db', 'sync')
    },
  }
}

/** @param {Secrets} secrets */
function bootstrapOptions({ admin: password }) {
  const options = {
    password,
    username: 'admin',
    'project-name': 'admin',
    'role-name': 'admin',
    'service-name': 'keystone',
    'region-id': 'RegionOne',
    'admin-url': urls.identity,
    'public-url': urls.identity,
    'internal-url': urls.identity,
  }
  return Object.entries(options).flatMap(([key, value]) => [`--bootstrap-${key}`, value])
}

/**
 * What `nova-manage cell_v2` writes, in a hundredth of its time.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 * @param {AbortSignal} signal
 */
async function mapCells(places, secrets, signal) {
  const cells = [
    ['00000000-0000-0000-0000-000000000000', 'cell0', 'none:///', databaseUrl(secrets, 'nova_cell0')],
    ['00000000-0000-0000-0000-0000000000c1', 'cell1', messagesUrl(secrets), databaseUrl(secrets, 'nova')],
  ]
  const rows = cells.map(
    ([uuid, name, transport, database]) =>
      `insert into nova_api.cell_mappings (created_at, uuid, name, transport_url, database_connection, disabled)
       select now(), '${uuid}', '${name}', '${transport}', '${database}', 0 from dual
       where not exists (select 1 from nova_api.cell_mappings where uuid = '${uuid}');`,
  )
  await sql(places, rows.join('\n'), signal)
}
