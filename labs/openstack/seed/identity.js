import { connect, path } from '@flotilla/openstack-client'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dump } from 'js-yaml'
import { urls } from '../places.js'
import { callsOf } from './ensure.js'

/** @import { AuthOptions } from '@flotilla/openstack-client' */
/** @import { Places } from '../places.js' */
/** @import { Secrets } from '../secrets.js' */

const services = /** @type {const} */ ([
  { type: 'compute', name: 'nova', url: urls.compute },
  { type: 'image', name: 'glance', url: urls.image },
  { type: 'placement', name: 'placement', url: urls.placement },
  { type: 'network', name: 'neutron', url: urls.network },
])

/** Who uses the lab: a name of clouds.yaml ends with the key. */
const users = /** @type {const} */ ({
  '': { name: 'autoscaler', project: 'lab', role: 'member' },
  '-viewer': { name: 'viewer', project: 'lab', role: 'reader' },
  // Whose quota is three servers.
  '-small': { name: 'small', project: 'small', role: 'member' },
  // For suites that count what Nova says of the project: no other suite has a server in it.
  '-alone': { name: 'alone', project: 'alone', role: 'member' },
})

export const cloudName = 'lab'

/**
 * @param {string} username
 * @param {string} password
 * @param {string} projectName
 * @returns {AuthOptions}
 */
const login = (username, password, projectName) => ({
  authUrl: urls.identity,
  username,
  password,
  projectName,
})

/** @param {Secrets} secrets */
export const openAdmin = (secrets) => connect({ auth: login('admin', secrets.admin, 'admin') })

/**
 * Projects, users, the service catalogue, an application credential, and a clouds.yaml with all of them.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 */
export async function seedIdentity(places, secrets) {
  const admin = openAdmin(secrets)
  const { put, ensure } = callsOf(admin, 'identity')
  /** @type {Record<string, string>} */
  const projects = {}
  for (const name of ['service', ...new Set(Object.values(users).map(({ project }) => project))])
    projects[name] = (await ensure(['projects', 'project'], { name }, { domain_id: 'default' })).id
  const addUser = async (
    /** @type {string} */ name,
    /** @type {string} */ password,
    /** @type {string} */ project,
    /** @type {readonly string[]} */ roles,
  ) => {
    const user = await ensure(['users', 'user'], { name }, { password, domain_id: 'default' })
    for (const role of roles) {
      const { id } = await ensure(['roles', 'role'], { name: role })
      await put(path`/projects/${projects[project] ?? ''}/users/${user.id}/roles/${id}`, undefined)
    }
    return user.id
  }
  for (const { name, type, url } of services) {
    await addUser(name, secrets.services, 'service', ['admin', 'service'])
    const service = await ensure(['services', 'service'], { type, name })
    for (const reach of ['public', 'internal', 'admin'])
      await ensure(
        ['endpoints', 'endpoint'],
        { service_id: service.id, interface: reach },
        { url, region_id: 'RegionOne' },
      )
  }
  for (const { name, project, role } of Object.values(users))
    await addUser(name, secrets.users, project, [role])
  await admin.close()
  writeClouds(places, secrets, await credentialOf(places, secrets))
}

/**
 * The application credential of the first user, as an autoscaler should have one. It names no roles, so that it has all
 * of the user's, implied ones among them.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 * @returns {Promise<{ id: string, secret: string }>}
 */
async function credentialOf({ workDirectory }, secrets) {
  const file = join(workDirectory, 'credential.json')
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const { name, project } = users['']
  const cloud = connect({ auth: login(name, secrets.users, project) })
  const { userId = '' } = await cloud.whoAmI()
  const { make } = callsOf(cloud, 'identity')
  const at = path`/users/${userId}/application_credentials`.slice(1)
  const { id, ...made } = await make([at, 'application_credential'], { name: `lab-${Date.now()}` })
  await cloud.close()
  const secret = String(made['secret'])
  writeFileSync(file, JSON.stringify({ id, secret }), { mode: 0o600 })
  return { id, secret }
}

/**
 * @param {Places} places
 * @param {Secrets} secrets
 * @param {{ id: string, secret: string }} credential
 */
function writeClouds({ cloudsFile }, secrets, credential) {
  const common = { region_name: 'RegionOne', identity_api_version: 3, interface: 'public' }
  const byPassword = (
    /** @type {string} */ username,
    /** @type {string} */ password,
    /** @type {string} */ project,
  ) => ({
    auth: {
      auth_url: urls.identity,
      username,
      password,
      project_name: project,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    ...common,
  })
  const clouds = {
    ...Object.fromEntries(
      Object.entries(users).map(([suffix, { name, project }]) => [
        `${cloudName}${suffix}`,
        byPassword(name, secrets.users, project),
      ]),
    ),
    [`${cloudName}-admin`]: byPassword('admin', secrets.admin, 'admin'),
    [`${cloudName}-appcred`]: {
      auth_type: 'v3applicationcredential',
      auth: {
        auth_url: urls.identity,
        application_credential_id: credential.id,
        application_credential_secret: credential.secret,
      },
      ...common,
    },
  }
  writeFileSync(cloudsFile, dump({ clouds }), { mode: 0o600 })
}
