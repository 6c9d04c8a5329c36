import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { killDaemon } from '../../../labs/kvm/outage.js'
import { answers } from '../../../labs/kvm/daemon.js'
import { until } from '../../lib/until.js'
import { entriesIn, everyDomain, virsh } from './kvm-observer.js'

/** @import { Host } from '../../../labs/kvm/places.js' */
/** @import { Act, Stage } from '../world.js' */
/** @import { Domain } from './kvm-observer.js' */
/** @import { Operator } from './kvm-operator.js' */

/** More machines of the operator's of one kind than these are not taken: the lab is small. */
const mostKept = 3
const metadata = 'urn:flotilla:machine:1'

/**
 * What operators do with virsh, and what befalls libvirtd.
 *
 * @param {{ hosts: readonly [Host, Host], operator: Operator, pool: string, network: string, intervalMs: number }} given
 * @returns {readonly Act[]}
 */
export function kvmActs({ hosts, operator, pool, network, intervalMs }) {
  /** A member's requests fail until it is found out. */
  const untilFound = 6 * intervalMs
  const host = (/** @type {Stage} */ { random }) => random.pick(hosts) ?? hosts[0]
  const isMember = (/** @type {Domain} */ { isOurs, isEnded }) => isOurs && !isEnded
  /** @param {(domain: Domain, stage: Stage) => Promise<string | void>} act */
  const onMember = (act) => async (/** @type {Stage} */ stage) => {
    const domain = stage.random.pick((await everyDomain(hosts)).filter(isMember))
    return domain === undefined ? 'there is none' : tried(act(domain, stage), domain.name)
  }
  /** @param {readonly string[]} commands */
  const typed = (...commands) =>
    onMember(async ({ host: { uri }, name }) => {
      for (const command of commands) await virsh(uri, ...command.replace('X', name).split(' '))
    })
  const hasRoom = (/** @type {string} */ kind) =>
    operator.kept.filter((one) => one.kind === kind).length < mostKept

  return [
    { name: 'virsh destroy', weight: 2, excusedMs: untilFound, run: typed('destroy X') },
    { name: 'virsh shutdown', weight: 2, excusedMs: untilFound, run: typed('shutdown X') },
    {
      name: 'virsh suspend, and resume',
      excusedMs: 10_000,
      run: onMember(async ({ host: { uri }, name }, { random }) => {
        await virsh(uri, 'suspend', name)
        await sleep(random.whole(500, 8000))
        await virsh(uri, 'resume', name)
      }),
    },
    {
      name: 'virsh destroy, and domrename to keep it',
      weight: 2,
      excusedMs: untilFound,
      run: onMember(async (domain) => {
        if (!hasRoom('taken')) return 'the operator has enough'
        const { uri } = domain.host
        const name = operator.nextName('keep')
        // In one go, before the group has removed it.
        await virsh(uri, `destroy ${domain.name}; domrename ${domain.name} ${name}`)
        await operator.keep(domain.host, name, 'taken')
        return `as ${name}`
      }),
    },
    {
      name: 'remove the metadata of a running one',
      excusedMs: untilFound,
      run: onMember(async (domain) => {
        if (!hasRoom('taken')) return 'the operator has enough'
        const how = ['--uri', metadata, '--remove', '--live', '--config']
        await virsh(domain.host.uri, 'metadata', domain.uuid, ...how)
        await operator.keep(domain.host, domain.uuid, 'taken')
        return domain.name
      }),
    },
    {
      name: "define a debug domain on a member's disk, and destroy the member",
      excusedMs: untilFound,
      run: onMember(async (domain, stage) => {
        const [disk] = domain.files
        if (!hasRoom('debug') || disk === undefined) return 'the operator has enough'
        await operator.define(host(stage), operator.nextName('debug'), disk)
        await virsh(domain.host.uri, 'destroy', domain.uuid)
        return domain.name
      }),
    },
    {
      name: 'undefine a debug domain',
      async run() {
        const kept = operator.kept.find(({ kind }) => kind === 'debug')
        if (kept === undefined) return 'there is none'
        await operator.release(kept)
        return kept.name
      },
    },
    {
      name: "start somebody's machine with a name like ours",
      async run(stage) {
        if (!hasRoom('foreign')) return 'there are enough'
        await operator.define(host(stage), operator.nextName('flotilla.chaos.stranger'))
        return undefined
      },
    },
    {
      name: 'migrate one live to the other host',
      weight: 2,
      // Paused for the last of it: a look in that moment takes it out of service until the next.
      excusedMs: 3 * intervalMs,
      run: onMember(async ({ host: from, name }) => {
        const to = hosts.find((one) => one !== from) ?? from
        const how = ['--live', '--persistent', '--unsafe', '--migrateuri', `tcp://${to.address}`]
        await virsh(from.uri, 'migrate', ...how, name, to.uri)
        return `${name} from ${from.name} to ${to.name}`
      }),
    },
    { name: 'take an external snapshot', run: typed('snapshot-create-as X s1 --disk-only') },
    { name: 'make a checkpoint', run: typed('checkpoint-create-as X b1') },
    { name: 'undefine a running one', run: typed('undefine X') },
    {
      name: "delete a member's host entry",
      run: onMember(async ({ host: one, mac }) => {
        const entry = (await entriesIn(one, network)).find((found) => found.mac === mac)
        if (entry === undefined) return 'it has none there'
        const xml = `<host mac='${mac}' name='${entry.name}' ip='${entry.ip}'/>`
        await virsh(one.uri, 'net-update', network, 'delete', 'ip-dhcp-host', xml, '--live', '--config')
        return entry.ip
      }),
    },
    {
      name: 'kill -9 libvirtd',
      weight: 2,
      run: async (stage) => daemonBack(host(stage), (one) => killDaemon(one, 0)),
    },
    {
      name: 'end libvirtd (SIGTERM)',
      run: async (stage) =>
        daemonBack(host(stage), async ({ pidFile }) => {
          process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGTERM')
          await sleep(300)
        }),
    },
    {
      name: 'a host is away for a while',
      weight: 2,
      run: async (stage) => daemonBack(host(stage), (one) => killDaemon(one, stage.random.whole(2000, 9000))),
    },
    {
      name: 'refresh the pool',
      run: async (stage) => tried(virsh(host(stage).uri, 'pool-refresh', pool).then(() => undefined)),
    },
    {
      name: 'stop the pool, and start it',
      async run(stage) {
        const { uri } = host(stage)
        await virsh(uri, 'pool-destroy', pool)
        stage.want(stage.random.whole(1, stage.world.max))
        await sleep(stage.random.whole(200, 3000))
        await virsh(uri, 'pool-start', pool)
      },
    },
  ]
}

/**
 * @param {Host} host
 * @param {(host: Host) => Promise<void>} end
 */
async function daemonBack(host, end) {
  await end(host)
  await until(() => answers(host), 60_000, 200)
  return host.name
}

/**
 * The group acts meanwhile, and libvirt refuses what cannot be done any more: that is no fault.
 *
 * @param {Promise<string | void>} act
 * @param {string} [about]
 */
async function tried(act, about) {
  try {
    return (await act) ?? about
  } catch (error) {
    const [, said] = /error: (.*)/.exec(String(error)) ?? []
    if (said === undefined) throw error
    return `${about ?? ''} refused: ${said}`
  }
}
