import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Autoscaler, fixed, silentLogger } from '@flotilla/core'
import { kvm, kvmHost } from '@flotilla/backend-kvm'
import { connect } from '@flotilla/libvirt'
import { costColumns, costOver, instanceCount, readyCount } from './controller-cost.js'
import { uri } from './kvm-bare.js'
import { tinyTemplate } from './kvm-group.js'
import { makeBlank } from './kvm-tiny.js'
import { printTable } from './table.js'
import { until } from './until.js'

/** @import { Hypervisor } from '@flotilla/libvirt' */
/** @import { KvmHost } from '@flotilla/backend-kvm' */

const intervalMs = 2000
const rounds = 10

/**
 * What a tick costs with many machines in several groups, all on one connection.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function many({ isQuick }) {
  await makeBlank()
  let callCount = 0
  const host = kvmHost({
    uri,
    connect: async (to) => counting(await connect(to), () => void (callCount += 1)),
  })
  /** @type {Autoscaler[]} */
  const groups = []
  const rows = []
  const size = isQuick ? 5 : 20
  try {
    for (const groupCount of isQuick ? [1, 2] : [1, 5]) {
      while (groups.length < groupCount) groups.push(await startGroup(host, `many-${groups.length}`, size))
      const startMs = performance.now()
      await until(() => groups.every((group) => readyCount(group) === size), 240_000)
      console.log(
        `${groupCount} groups of ${size} in service after ${((performance.now() - startMs) / 1000).toFixed(0)} s`,
      )
      // Their BIOS looks for a system first.
      await sleep(5 * intervalMs)
      rows.push(await measure(`${groupCount} of ${size}`, groups, () => callCount))
    }
  } finally {
    await Promise.all(groups.map((group) => group.stop({ terminate: true })))
    await host.close()
  }
  printTable(
    `Many machines on one connection, one controller process, interval ${intervalMs} ms; load average ${loadavg()[0]?.toFixed(1)}`,
    ['groups', 'machines', ...costColumns, 'libvirt calls a tick of each group', 'calls a machine'],
    rows,
  )
}

/**
 * @param {KvmHost} host
 * @param {string} group
 * @param {number} size
 */
async function startGroup(host, group, size) {
  const { uri: _, ...template } = tinyTemplate
  const autoscaler = new Autoscaler({
    group,
    min: size,
    max: size,
    intervalMs,
    backend: kvm({ ...template, hosts: [host] }),
    policy: fixed(size),
    logger: silentLogger,
  })
  autoscaler.on('problem', ({ kind, message }) => console.log(`${group} ${kind}: ${message}`))
  await autoscaler.start()
  return autoscaler
}

/**
 * @param {string} what
 * @param {readonly Autoscaler[]} groups
 * @param {() => number} calls
 */
async function measure(what, groups, calls) {
  const { cells, callCount, tickCount } = await costOver(groups, { calls, ms: rounds * intervalMs })
  const machines = instanceCount(groups)
  const callsPerTick = callCount / tickCount
  return [
    what,
    machines,
    ...cells,
    callsPerTick.toFixed(1),
    ((callsPerTick * groups.length) / machines).toFixed(2),
  ]
}

/**
 * @param {Hypervisor} hypervisor
 * @param {() => void} onCall
 * @returns {Hypervisor} the same, and every call of libvirt is told
 */
function counting(hypervisor, onCall) {
  return new Proxy(hypervisor, {
    get(target, name) {
      const member = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (/** @type {unknown[]} */ ...args) => {
        onCall()
        return Reflect.apply(member, target, args)
      }
    },
  })
}
