import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { qemuSettings } from '../../lib/qemu-settings.js'
import { computeHosts, ports } from '../places.js'
import { databaseUrl, tokenChecks } from './common.js'
import { iniText } from './ini.js'
import { neutronFiles } from './neutron.js'
import { computeSections, novaSections } from './nova.js'

/** @import { Secrets } from '../secrets.js' */
/** @import { Places } from '../places.js' */
/** @import { Sections } from './ini.js' */

const directories = ['log', 'run', 'db', 'rabbit', 'glance', 'nova', 'neutron', 'instances', 'knobs', 'home']
const keyDirectories = ['fernet', 'credentials']

const libvirtFiles = {
  'libvirtd.conf': 'auth_unix_ro = "none"\nauth_unix_rw = "none"\nlog_outputs = "3:stderr"\n',
  'qemu.conf': qemuSettings,
}

/**
 * Writes what every daemon is told, and makes the directories that they keep their things in.
 *
 * @param {Places} places
 * @param {Secrets} secrets
 * @param {{ databaseUser: number }} owners
 */
export function writeConfiguration(places, secrets, { databaseUser }) {
  const { workDirectory } = places
  for (const name of directories) mkdirSync(join(workDirectory, name), { recursive: true })
  chownSync(join(workDirectory, 'db'), databaseUser, databaseUser)
  for (const name of keyDirectories)
    mkdirSync(join(workDirectory, 'etc', name), { recursive: true, mode: 0o700 })
  for (const [name, sections] of Object.entries(serviceFiles(places, secrets))) {
    writePrivate(join(workDirectory, 'etc', name), iniText(sections))
  }
  writePrivate(join(workDirectory, 'etc/rabbitmq.conf'), messagesSettings(secrets))
  for (const [name, text] of Object.entries(libvirtFiles)) {
    writePrivate(join(workDirectory, 'libvirt/etc', name), text)
  }
}

/**
 * @param {Places} places
 * @param {Secrets} secrets
 * @returns {Record<string, Sections>}
 */
function serviceFiles(places, secrets) {
  const { inside } = places
  return {
    'keystone.conf': {
      DEFAULT: { log_dir: '' },
      database: { connection: databaseUrl(secrets, 'keystone'), max_pool_size: 10 },
      token: { provider: 'fernet', expiration: 3600 },
      fernet_tokens: { key_repository: `${inside}/etc/fernet` },
      credential: { key_repository: `${inside}/etc/credentials` },
      cache: {
        enabled: true,
        backend: 'dogpile.cache.memcached',
        memcache_servers: `127.0.0.1:${ports.cache}`,
      },
      // bcrypt at its lowest cost: every token by password pays for it.
      identity: { password_hash_rounds: 4 },
    },
    'glance-api.conf': {
      DEFAULT: { bind_host: '127.0.0.1', bind_port: ports.image, workers: 1 },
      database: { connection: databaseUrl(secrets, 'glance') },
      keystone_authtoken: tokenChecks(secrets, 'glance'),
      paste_deploy: { flavor: 'keystone', config_file: '/etc/glance/glance-api-paste.ini' },
      glance_store: { stores: 'file', default_store: 'file', filesystem_store_datadir: `${inside}/glance` },
    },
    'placement/placement.conf': {
      placement_database: { connection: databaseUrl(secrets, 'placement') },
      api: { auth_strategy: 'keystone' },
      keystone_authtoken: tokenChecks(secrets, 'placement'),
    },
    'nova.conf': novaSections(places, secrets),
    ...Object.fromEntries(
      computeHosts.map((host) => [`nova-${host.name}.conf`, computeSections(places, host)]),
    ),
    ...neutronFiles(places, secrets),
  }
}

/** @param {Secrets} secrets */
const messagesSettings = ({ messages: password }) => `listeners.tcp.default = 127.0.0.1:${ports.messages}
default_user = lab
default_pass = ${password}
loopback_users = none
log.console = true
log.console.level = warning
`

/**
 * @param {string} file
 * @param {string} text
 */
function writePrivate(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, 0o600)
}
