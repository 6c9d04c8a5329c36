import { httpProbe } from '@flotilla/core'
import { proxy } from '@flotilla/balancer-proxy'
import { connect } from '@flotilla/openstack-client'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { countedCloud, serversNamed, groupOf, guestTemplate, load } from './openstack-group.js'
import { median } from './stats.js'
import { printTable } from './table.js'
import { until } from './until.js'
import { sharesByRound, spreadColumns, spreadOf, timesByWay } from './ways.js'

/** @import { OpenStackOptions } from '@flotilla/backend-openstack' */

const statusPollMs = 100
const httpPollMs = 20
const withinMs = 300_000

/**
 * From the decision for one server more to its first answer through the proxy, beside Nova's own time to ACTIVE and the
 * boot of the guest, by hand. All of one round take turns.
 *
 * @param {{ isQuick: boolean, only: string | undefined }} given - `only`: a part of the names of ways
 */
export async function launches({ isQuick, only }) {
  const rounds = isQuick ? 2 : 6
  const isWanted = (/** @type {string} */ way) => only === undefined || way.includes(only)
  const groups = {
    'ours, cold': await startGroup('launch-cold'),
    ...(isWanted('warm pool, stopped')
      ? {
          'ours, warm pool, stopped': await startGroup('launch-stop', {
            warmPool: { size: 1, kind: 'stopped' },
          }),
        }
      : {}),
    ...(isWanted('warm pool, paused')
      ? {
          'ours, warm pool, paused': await startGroup('launch-pause', {
            warmPool: { size: 1, kind: 'paused' },
          }),
        }
      : {}),
  }
  const client = connect()
  const { took, add } = timesByWay()
  const loads = []
  try {
    for (let round = 0; round < rounds; round += 1) {
      console.log(`round ${round + 1}`)
      const turns = [
        async () => {
          const { activeMs, answerMs } = await byHand(client, `launch-by-hand-${round}`)
          add('by hand: until ACTIVE', activeMs)
          add('by hand: from ACTIVE to the answer', answerMs - activeMs)
          add('by hand', answerMs)
        },
        ...Object.entries(groups).map(([way, group]) => async () => {
          await untilSpares(client, Object.values(groups))
          add(way, await group.scaleOut())
        }),
      ]
      await untilSpares(client, Object.values(groups))
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn()
      loads.push(load())
    }
  } finally {
    for (const { close } of Object.values(groups)) await close()
    await client.close()
  }
  report(took, loads)
}

/**
 * @param {ReadonlyMap<string, readonly number[]>} took
 * @param {readonly number[]} loads
 */
function report(took, loads) {
  const baseline = took.get('by hand') ?? []
  printTable(
    `Decision to the first answer, ms; load average ${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`,
    ['way', ...spreadColumns, 'of by hand, medians', 'of by hand, round by round'],
    [...took].map(([way, all]) => {
      const shares = sharesByRound(all, baseline)
      return [
        way,
        ...spreadOf(all),
        (median(all) / median(baseline)).toFixed(2),
        `${median(shares).toFixed(2)} (${Math.min(...shares).toFixed(2)} to ${Math.max(...shares).toFixed(2)})`,
      ]
    }),
  )
}

/**
 * @param {string} group
 * @param {Partial<OpenStackOptions>} [given]
 */
async function startGroup(group, given = {}) {
  const { cloud } = countedCloud()
  const front = proxy({ port: 0, drainTimeoutMs: 1000 })
  const { port } = await front.listen()
  const { web, backend } = groupOf(
    {
      group,
      min: 0,
      max: 2,
      balancer: front,
      probe: httpProbe('/health', { timeoutMs: 1000 }),
    },
    { ...guestTemplate, ...given, cloud },
  )
  web.on('problem', ({ kind, message }) => console.log(`  ${group} ${kind}: ${message}`))
  await web.start()
  await web.pause('scaling')
  const scaleOut = async () => {
    // The loop is at any moment of its interval.
    await sleep(1000 * Math.random())
    const startMs = performance.now()
    await web.setDesired(1)
    await until(async () => answers('127.0.0.1', port), withinMs, httpPollMs)
    const tookMs = performance.now() - startMs
    await web.setDesired(0)
    await until(() => web.status().instances.length === 0, withinMs)
    return tookMs
  }
  const close = async () => {
    await web.stop({ terminate: true })
    await front.close()
    await backend.close()
    await cloud.close()
  }
  return { group, spareCount: given.warmPool?.size ?? 0, scaleOut, close }
}

/**
 * Until every pool is full and asleep, and nothing boots or ends beside it.
 *
 * @param {ReturnType<typeof connect>} client
 * @param {readonly { spareCount: number }[]} groups
 */
async function untilSpares(client, groups) {
  const wanted = groups.reduce((sum, { spareCount }) => sum + spareCount, 0)
  await until(
    async () => {
      const servers = await serversNamed(client, 'launch-')
      const asleep = servers.filter(
        ({ status, taskState }) => (status === 'SHUTOFF' || status === 'PAUSED') && taskState === undefined,
      )
      return servers.length === wanted && asleep.length === wanted
    },
    withinMs,
    500,
  )
  await sleep(1000)
}

/**
 * Nova's own time to ACTIVE, then the guest's until it answers.
 *
 * @param {ReturnType<typeof connect>} client
 * @param {string} name
 */
async function byHand({ compute, image, network }, name) {
  const flavor = await compute.flavors.find(guestTemplate.flavor)
  const golden = await image.find(guestTemplate.image)
  const net = await network.networks.find(guestTemplate.networks[0] ?? '')
  const ids = { flavorId: flavor?.id ?? '', imageId: golden?.id ?? '' }
  const startMs = performance.now()
  const { id } = await compute.servers.create({ name, ...ids, networks: [{ networkId: net?.id ?? '' }] })
  try {
    let server = await compute.servers.get(id)
    await until(
      async () => {
        server = await compute.servers.get(id)
        if (server.status === 'ERROR')
          throw new Error(`${name} came to ERROR: ${server.fault?.message ?? ''}`)
        return server.status === 'ACTIVE'
      },
      withinMs,
      statusPollMs,
    )
    const activeMs = performance.now() - startMs
    const host = server.addresses[0]?.address ?? ''
    await until(async () => answers(host, guestTemplate.port), withinMs, httpPollMs)
    return { activeMs, answerMs: performance.now() - startMs }
  } finally {
    await compute.servers.delete(id)
    await compute.servers.waitUntilGone(id)
  }
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<boolean>}
 */
const answers = (host, port) =>
  new Promise((resolve) => {
    const asked = request({ host, port, path: '/health', agent: false, timeout: 1000 }, (answer) => {
      answer.resume()
      resolve(answer.statusCode === 200)
    })
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(false))
    asked.end()
  })
