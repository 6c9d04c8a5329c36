// The main job in one command: real worker processes behind a real proxy, under real load, sized by their CPU.
import { fork } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Autoscaler, fileStore, httpProbe, targetTracking } from '@flotilla/core'
import { processes } from '@flotilla/backend-process'
import { proxy } from '@flotilla/balancer-proxy'
import { readOptions, usage } from './options.js'
import { createView } from './view.js'

const riseMs = 10_000
/** How long the group may take to come back once the load is over. */
const settleMs = 40_000

const options = readOptionsOrExit()
const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url))
// Always the same place: what a run that was killed left behind is found by the next one, and ended by it.
const home = join(tmpdir(), `flotilla-demo-${userInfo().username}`)
const view = createView(process.stdout)
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort())

const front = proxy({ port: options.port, drainTimeoutMs: 10_000 })
const web = new Autoscaler({
  group: 'demo',
  min: options.min,
  max: options.max,
  intervalMs: 2000,
  backend: processes({
    command: [process.execPath, here('../quickstart/worker.js')],
    // A worker counts as full at a tenth of a core, so that any machine has room for the whole group and its load.
    cpus: 0.1,
    stateDir: join(home, 'processes'),
  }),
  balancer: front,
  probe: httpProbe('/health'),
  policy: targetTracking({ metric: 'cpu', target: options.target }),
  behavior: { scaleIn: { windowMs: 10_000 } },
  store: fileStore(join(home, 'state')),
})

const seen = { firstExtraMs: NaN, loadStartMs: NaN, mostInService: 0 }
/** @type {{ from: number, to: number, reason: string }[]} */
const scaled = []
web.on('scaled', (event) => {
  scaled.push(event)
  view.tell(`scaled ${event.from} -> ${event.to}: ${event.reason}`)
})
web.on('instance', ({ instance, to, reason }) => {
  view.tell(`  ${instance.name} ${to}: ${reason}`)
  const inService = web.status().instances.filter(({ state }) => state === 'in-service').length
  seen.mostInService = Math.max(seen.mostInService, inService)
  if (inService > options.min && Number.isNaN(seen.firstExtraMs)) seen.firstExtraMs = performance.now()
})
web.on('problem', ({ message }) => view.tell(`! ${message}`))

/** @type {import('./view.js').LoadCounts & { isOver: boolean, ok: number, firstFailure?: string } | undefined} */
let load
let phase = 'starting'
const drawing = setInterval(() => view.show({ status: web.status(), load, phase }), 250)
/** @type {import('node:child_process').ChildProcess | undefined} */
let source
/** @type {unknown} */
let problem

try {
  await run(interrupted.signal)
} catch (error) {
  if (!interrupted.signal.aborted) problem = error
  else view.tell('interrupted: ending everything')
}
await end().catch((error) => (problem ??= error))
if (problem !== undefined) {
  console.error(problem instanceof Error ? problem.message : problem)
  process.exitCode = 1
} else if (!interrupted.signal.aborted) report()

/** @param {AbortSignal} signal */
async function run(signal) {
  await mkdir(home, { recursive: true })
  const { host, port } = await front.listen()
  view.tell(`the proxy serves at http://${host}:${port}`)
  await web.start()
  await until(
    () => web.status().instances.filter(({ state }) => state === 'in-service').length >= options.min,
    signal,
  )
  phase = 'load'
  seen.loadStartMs = performance.now()
  source = fork(here('load.js'))
  source.on('message', (/** @type {any} */ counts) => {
    load = counts
  })
  source.send({
    url: `http://${host}:${port}/`,
    ratePerSecond: options.load,
    riseMs,
    holdMs: options.duration * 1000,
  })
  await until(() => load?.isOver === true, signal)
  view.tell('the load is over')
  phase = 'idle'
  const giveUpMs = performance.now() + settleMs
  await until(() => isBack() || performance.now() > giveUpMs, signal)
}

async function end() {
  phase = 'ending'
  source?.disconnect()
  try {
    await web.stop({ terminate: true })
    await rm(home, { recursive: true, force: true })
  } finally {
    await front.close()
    clearInterval(drawing)
    view.end()
  }
}

function isBack() {
  const { desired, instances } = web.status()
  return desired === options.min && instances.length === options.min
}

function report() {
  const outCount = scaled.filter(({ from, to }) => to > from).length
  const sent = load?.sent ?? 0
  const failed = load?.failed ?? 0
  const seconds = ((seen.firstExtraMs - seen.loadStartMs) / 1000).toFixed(1)
  console.log(`
requests sent ${sent}, failed ${failed}${load?.firstFailure === undefined ? '' : ` (first: ${load.firstFailure})`}
scale events ${scaled.length}: ${outCount} out, ${scaled.length - outCount} in; most in service at once ${seen.mostInService}
from load to the first extra instance in service ${Number.isNaN(seen.firstExtraMs) ? 'never' : `${seconds} s`}
why:
${scaled.map(({ from, to, reason }) => `  ${from} -> ${to}  ${reason}`).join('\n')}`)
  const isGood = failed === 0 && sent > 0 && outCount > 0 && scaled.at(-1)?.to === options.min
  process.exitCode = isGood ? 0 : 1
}

/**
 * @param {() => boolean} condition
 * @param {AbortSignal} signal
 */
async function until(condition, signal) {
  while (!condition()) await sleep(100, undefined, { signal })
}

function readOptionsOrExit() {
  try {
    const read = readOptions(process.argv.slice(2))
    if (read !== 'help') return read
    console.log(usage)
    process.exit()
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    process.exit(2)
  }
}
