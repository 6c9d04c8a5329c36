import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Autoscaler, httpProbe, targetTracking } from '@flotilla/core'
import { processes } from '@flotilla/backend-process'
import { proxy } from '@flotilla/balancer-proxy'
import { median } from './lib/stats.js'
import { printTable } from './lib/table.js'

const intervalMs = 1000
const rounds = 7
const worker = fileURLToPath(new URL('../examples/quickstart/worker.js', import.meta.url))
const never = new AbortController().signal

/** From a load step to the first extra instance in service on real processes, against the sum of its parts. */
export async function run() {
  const home = await mkdtemp(join(tmpdir(), 'flotilla-bench-loop-'))
  const results = []
  try {
    for (let round = 0; round < rounds; round += 1) {
      const bareMs = await bareStart(join(home, `bare-${round}`))
      results.push({ ...(await step(join(home, `step-${round}`))), bareMs })
    }
  } finally {
    await rm(home, { recursive: true, force: true })
  }
  const row = (/** @type {string} */ what, /** @type {number[]} */ values) => [
    what,
    median(values).toFixed(0),
    Math.min(...values).toFixed(0),
    Math.max(...values).toFixed(0),
  ]
  printTable(
    `From load step to the first extra instance in service, ${rounds} rounds, interval ${intervalMs} ms`,
    ['part', 'median ms', 'min', 'max'],
    [
      row(
        'load step to decision (sample wait)',
        results.map(({ decidedMs }) => decidedMs),
      ),
      row(
        'decision to first passed probe, as run',
        results.map(({ readyMs, decidedMs }) => readyMs - decidedMs),
      ),
      row(
        'bare: launch to first passed probe',
        results.map(({ bareMs }) => bareMs),
      ),
      row(
        'load step to in service',
        results.map(({ readyMs }) => readyMs),
      ),
    ],
  )
  const ratios = results.map(({ readyMs, decidedMs, bareMs }) => readyMs / (decidedMs + bareMs))
  console.log(`as run / (sample wait + bare start and probe): median ${median(ratios).toFixed(2)}`)
}

/** @param {string} stateDir */
const backendIn = (stateDir) => processes({ command: [process.execPath, worker], cpus: 0.1, stateDir })

/**
 * One process made by the bare backend, asked every 10 ms until it answers.
 *
 * @param {string} stateDir
 */
async function bareStart(stateDir) {
  const backend = backendIn(stateDir)
  const probe = httpProbe('/health')
  const startMs = performance.now()
  const instance = await backend.launch({ group: 'bare', token: 'one' }, { signal: never })
  if (instance.address === undefined) throw new Error('the process backend gave no address')
  const target = { instance, address: instance.address }
  while (!(await probe.check(target, { signal: never })).healthy) await sleep(10)
  const tookMs = performance.now() - startMs
  await backend.terminate('bare', [instance.id], { signal: never })
  await backend.close()
  return tookMs
}

/**
 * One group at rest, then load on it.
 *
 * @param {string} stateDir
 */
async function step(stateDir) {
  const front = proxy({ port: 0 })
  const backend = backendIn(stateDir)
  const web = new Autoscaler({
    group: 'bench',
    min: 1,
    max: 2,
    intervalMs,
    backend,
    balancer: front,
    probe: httpProbe('/health'),
    policy: targetTracking({ metric: 'cpu', target: 0.5 }),
  })
  const inService = () => web.status().instances.filter(({ state }) => state === 'in-service').length
  try {
    await web.start()
    const { port } = await front.listen()
    await until(() => inService() === 1)
    // At rest for a few ticks, and at no fixed moment between two of them.
    await sleep(3 * intervalMs + Math.random() * intervalMs)
    const startMs = performance.now()
    let decidedMs = NaN
    let readyMs = NaN
    web.on('scaled', () => (decidedMs = performance.now() - startMs))
    web.on('instance', () => {
      if (inService() === 2) readyMs = performance.now() - startMs
    })
    const load = setInterval(() => {
      request({ host: '127.0.0.1', port }, (response) => response.resume())
        .on('error', () => {})
        .end()
    }, 40)
    await until(() => !Number.isNaN(readyMs))
    clearInterval(load)
    return { decidedMs, readyMs }
  } finally {
    await web.stop({ terminate: true })
    await front.close()
    await backend.close()
  }
}

/** @param {() => boolean} condition */
async function until(condition) {
  const endMs = performance.now() + 60_000
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('waited a minute for the group')
    await sleep(5)
  }
}
