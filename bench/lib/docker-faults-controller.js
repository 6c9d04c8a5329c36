import { fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { memberAt, untilServed } from './docker-bare.js'
import { Front } from './docker-front.js'
import { containersOf } from './docker-group.js'
import { comesTo, endController, killController, withStore } from './forked-controller.js'
import { loadFromOutside } from './docker-loader.js'
import { refuseStranger } from './docker-stranger.js'
import { until } from './until.js'

/** @import { Outcome } from './docker-fault-group.js' */

/**
 * @param {number} kills
 * @returns {Promise<Outcome>}
 */
export async function controllerKilled(kills) {
  const front = new Front().start()
  try {
    return await withStore(async (directory) => killedAt(front, { directory, kills }))
  } finally {
    await front.stop()
  }
}

/**
 * @param {Front} front
 * @param {{ directory: string, kills: number }} given
 * @returns {Promise<Outcome>}
 */
async function killedAt(front, { directory, kills }) {
  const start = (/** @type {number[]} */ ...size) =>
    fork(new URL('docker-controller.js', import.meta.url), [
      JSON.stringify(front.options),
      directory,
      ...size.map(String),
    ])
  let load
  for (let kill = 0; kill < kills; kill += 1) {
    const child = start()
    if (load === undefined) {
      await until(async () => (await memberAt(front.url)) !== undefined)
      load = loadFromOutside({ url: front.url, ratePerSecond: 50, retriesStale: true, timeoutMs: 60_000 })
    }
    await sleep(300 + 2700 * Math.random())
    await killController(child)
  }
  const last = start(3)
  await comesTo(last, 3, 60_000)
  await sleep(1500)
  const found = (await containersOf('killed')).length
  if (found !== 3) throw new Error(`${found} containers where 3 are wanted`)
  await untilServed(front.url, new Set(), 3)
  if (load === undefined) throw new Error('no load')
  const { sentCount, hardCount, staleCount, byMember, failures } = await load.stop()
  refuseStranger(byMember)
  for (const failure of failures.slice(0, 3)) console.log(`  ${JSON.stringify(failure)}`)
  await endController(last)
  const note = `${Object.keys(byMember).length} members answered in all; 3 wanted, 3 found`
  return { said: [], asked: sentCount, lost: hardCount + staleCount, note }
}
