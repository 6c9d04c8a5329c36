import { execFileSync, fork, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startDaemon } from '../../labs/docker/daemon.js'
import { docker } from '../../labs/docker/tools.js'
import { memberAt, untilServed } from './docker-bare.js'
import { Front } from './docker-front.js'
import { containersOf, groupBehind, until, workerOptions } from './docker-group.js'
import { benchDirectory, node } from './docker-lab.js'
import { loadFromOutside } from './docker-loader.js'
import { printTable } from './table.js'

/** @import { DockerOptions } from '@flotilla/backend-docker' */

/** @typedef {{ said: string[], asked: number, lost: number, note: string }} Outcome */
/** @typedef {ReturnType<typeof groupBehind>} Group */

/** The stranger serves like any of ours, so that a request that strays to it is seen. */
let stranger = ''

/**
 * What is left of a group after each fault, and what was said of it.
 *
 * @param {{ isQuick: boolean }} given
 */
export async function faults({ isQuick }) {
  const kills = isQuick ? 10 : 50
  /** @type {[string, () => Promise<Outcome>][]} */
  const cases = [
    ['image missing', imageMissing],
    ['exits at once', exitsAtOnce],
    ['ignores SIGTERM, grace 2 s', ignoresTerm],
    ['Nginx killed, later started', nginxKilled],
    ['config directory read-only', readOnly],
    ['disk of the config full', diskFull],
    ['engine stopped and started in mid-scale', engineStopped],
    [`controller killed -9 at ${kills} random moments`, () => controllerKilled(kills)],
  ]
  const rows = []
  stranger = await runStranger()
  for (const [name, run] of cases) {
    console.log(`fault: ${name}`)
    try {
      const { said, asked, lost, note } = await run()
      const orphans = (await everyContainer()).filter((id) => id !== stranger).length
      rows.push([name, 'yes', asked, lost, orphans, [...new Set(said)].join('; ').slice(0, 300), note])
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      rows.push([name, `NO: ${reason}`, '', '', '', '', ''])
      for (const id of await everyContainer())
        if (id !== stranger) await docker(node.socket, ['rm', '-f', id])
    }
  }
  const isThere = (await everyContainer()).includes(stranger)
  printTable(
    `Faults; load average ${loadavg()[0]?.toFixed(1)}`,
    ['fault', 'converged', 'requests', 'lost', 'left over', 'what was said', 'note'],
    rows,
  )
  console.log(`the stranger's container is ${isThere ? 'there still' : 'GONE'}`)
  if (isThere) await docker(node.socket, ['rm', '-f', stranger])
}

async function runStranger() {
  const args = ['run', '-d', '--init', '--restart', 'always', '--name', 'faults-stranger']
  const rest = ['-v', `${benchDirectory}:/bench:ro`, workerOptions.image, ...workerOptions.command]
  return (await docker(node.socket, [...args, ...rest])).trim()
}

async function everyContainer() {
  return (await docker(node.socket, ['ps', '-aq', '--no-trunc'])).split('\n').filter(Boolean)
}

/**
 * A group of two under light load, then the fault.
 *
 * @param {(group: Group, front: Front) => Promise<string>} fault
 * @param {{ template?: Partial<DockerOptions>, prepare?: (front: Front) => void }} [given]
 * @returns {Promise<Outcome>}
 */
async function withGroup(fault, { template = {}, prepare } = {}) {
  const front = new Front()
  prepare?.(front)
  front.start()
  const options = { group: 'faults', min: 0, max: 6, launch: { backoff: { baseMs: 500, capMs: 2000 } } }
  const group = groupBehind(front, options, template)
  /** @type {string[]} */
  const said = []
  group.web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  try {
    await group.web.start()
    await group.web.pause('scaling')
    await sized(group, 2)
    await until(async () => (await memberAt(front.url)) !== undefined)
    const load = loadFromOutside({ url: front.url, ratePerSecond: 50, retriesStale: true, timeoutMs: 60_000 })
    const note = await fault(group, front)
    const { sentCount, hardCount, staleCount, byMember } = await load.stop()
    if (byMember[stranger.slice(0, 12)] !== undefined) throw new Error('the stranger got requests')
    return { said, asked: sentCount, lost: hardCount + staleCount, note }
  } finally {
    await group.close()
    await front.stop()
  }
}

/**
 * @param {Group} group
 * @param {number} size
 */
async function sized(group, size) {
  await group.web.setDesired(size)
  await until(() => group.inService() === size && group.web.status().instances.length === size)
  const found = (await containersOf('faults')).length
  if (found !== size) throw new Error(`${found} containers where ${size} are wanted`)
}

/** @param {Front} front */
const served = async (front) => {
  await untilServed(front.url, new Set(), 4)
}

const nginxKilled = () =>
  withGroup(async (group, front) => {
    await front.kill()
    await group.web.setDesired(4)
    await sleep(4000)
    const found = (await containersOf('faults')).length
    front.start()
    await sized(group, 4)
    await served(front)
    return `${found} containers while it was down; lost are those it could not answer`
  })

const readOnly = () =>
  withGroup(async (group, front) => {
    const directory = join(front.directory, 'conf.d')
    execFileSync('mount', ['--bind', directory, directory])
    try {
      execFileSync('mount', ['-o', 'remount,bind,ro', directory])
      await group.web.setDesired(4)
      await sleep(4000)
      await group.web.setDesired(1)
      await sleep(2000)
      const kept = (await containersOf('faults')).length
      execFileSync('mount', ['-o', 'remount,bind,rw', directory])
      await sized(group, 4)
      await served(front)
      return `${kept} containers kept while none could be taken out`
    } finally {
      execFileSync('umount', ['-l', directory])
    }
  })

const diskFull = () =>
  withGroup(
    async (group, front) => {
      const directory = join(front.directory, 'conf.d')
      try {
        const filler = join(directory, 'filler')
        try {
          writeFileSync(filler, Buffer.alloc(1 << 20))
        } catch {
          // Full now.
        }
        await group.web.setDesired(4)
        await sleep(4000)
        rmSync(filler)
        await sized(group, 4)
        await served(front)
        return 'a tmpfs of 64 KiB'
      } finally {
        execFileSync('umount', ['-l', directory])
      }
    },
    {
      prepare: ({ directory }) => {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(directory, 'conf.d')])
      },
    },
  )

const ignoresTerm = () =>
  withGroup(
    async (group) => {
      const startMs = performance.now()
      await sized(group, 1)
      return `ended after ${((performance.now() - startMs) / 1000).toFixed(1)} s`
    },
    { template: { graceMs: 2000, env: { IGNORES_SIGTERM: '1' } } },
  )

const imageMissing = () => fruitless({ image: 'flotilla-lab/nosuch:1' })
const exitsAtOnce = () => fruitless({ command: ['/bin/sh', '-c', 'exit 1'] })

/**
 * A group whose launches all fail: tried again with backoff, and nothing piles up.
 *
 * @param {Partial<DockerOptions>} template
 * @returns {Promise<Outcome>}
 */
async function fruitless(template) {
  const front = new Front().start()
  const options = { group: 'faults', min: 2, max: 4, launch: { backoff: { baseMs: 500, capMs: 4000 } } }
  const group = groupBehind(front, options, template)
  /** @type {string[]} */
  const said = []
  let failures = 0
  let most = 0
  group.web.on('problem', ({ kind, message }) => said.push(`${kind}: ${message}`))
  group.web.on('instance', ({ to, reason }) => void (to === 'failed' && said.push(`failed: ${reason}`)))
  group.web.on('backoff', (event) => (failures = Math.max(failures, event.failures)))
  try {
    await group.web.start()
    for (let second = 0; second < 10; second += 1) {
      await sleep(1000)
      most = Math.max(most, (await containersOf('faults')).length)
    }
    return { said, asked: 0, lost: 0, note: `${failures} failures in 10 s, at most ${most} containers` }
  } finally {
    await group.close()
    await front.stop()
  }
}

const engineStopped = () =>
  withGroup(async (group, front) => {
    void group.web.setDesired(5)
    await sleep(400)
    const pid = Number(execFileSync('cat', [node.pidFile], { encoding: 'utf8' }))
    process.kill(pid, 'SIGTERM')
    await until(() => spawnSync('kill', ['-0', String(pid)]).status !== 0, 60_000)
    await sleep(3000)
    const { desired } = group.web.status()
    await startDaemon(node, { signal: AbortSignal.timeout(60_000), log: console.log })
    const startMs = performance.now()
    await until(() => group.inService() === 5 && group.web.status().instances.length === 5, 90_000)
    const tookMs = performance.now() - startMs
    const found = (await containersOf('faults')).length
    if (found !== 5) throw new Error(`${found} containers where 5 are wanted`)
    await served(front)
    return `desired stayed ${desired}; all 5 back ${(tookMs / 1000).toFixed(1)} s after it answered; it ends its containers itself`
  })

/**
 * @param {number} kills
 * @returns {Promise<Outcome>}
 */
async function controllerKilled(kills) {
  const front = new Front().start()
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-store-'))
  const start = (/** @type {number[]} */ ...size) =>
    fork(new URL('docker-controller.js', import.meta.url), [
      JSON.stringify(front.options),
      directory,
      ...size.map(String),
    ])
  let load
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const child = start()
      if (load === undefined) {
        await until(async () => (await memberAt(front.url)) !== undefined)
        load = loadFromOutside({ url: front.url, ratePerSecond: 50, retriesStale: true, timeoutMs: 60_000 })
      }
      await sleep(300 + 2700 * Math.random())
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    const last = start(3)
    await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('the last controller did not come to 3')), 60_000)
      last.on('message', (/** @type {{ inService: number, size: number }} */ { inService, size }) => {
        if (inService === 3 && size === 3) resolve(undefined)
      })
    })
    await sleep(1500)
    const found = (await containersOf('killed')).length
    if (found !== 3) throw new Error(`${found} containers where 3 are wanted`)
    await untilServed(front.url, new Set(), 3)
    if (load === undefined) throw new Error('no load')
    const { sentCount, hardCount, staleCount, byMember, failures } = await load.stop()
    if (byMember[stranger.slice(0, 12)] !== undefined) throw new Error('the stranger got requests')
    for (const failure of failures.slice(0, 3)) console.log(`  ${JSON.stringify(failure)}`)
    const ended = new Promise((resolve) => last.once('exit', resolve))
    last.send('end')
    await ended
    const note = `${Object.keys(byMember).length} members answered in all; 3 wanted, 3 found`
    return { said: [], asked: sentCount, lost: hardCount + staleCount, note }
  } finally {
    rmSync(directory, { recursive: true, force: true })
    await front.stop()
  }
}
