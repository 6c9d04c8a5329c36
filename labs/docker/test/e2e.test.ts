import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { docker as dockerBackend } from '../../../packages/backend-docker/src/index.js'
import { nginx } from '../../../packages/balancer-nginx/src/index.js'
import { Autoscaler, httpProbe, threshold } from '../../../packages/core/src/index.js'
import { startLoad, type LoadReport } from '../../lib/load-generator.js'
import { startExample, untilWithin, type Running } from '../../lib/story.js'
import { buildNginxImage, buildWebImage, nginxImage, webImage } from '../nginx-image.js'
import { docker } from '../tools.js'

const socket = process.env['FLOTILLA_LIVE_DOCKER'] ?? ''
const network = 'autoscale-net'
/** Some 0.5 cores as the service is by default: at 20 % of a core for each, three containers. */
const load = { ratePerSecond: 24, postRatio: 0, slowRatio: 0, retriesStale: true, timeoutMs: 60_000 }

let url = ''
const directory = mkdtempSync(join(tmpdir(), 'flotilla-e2e-'))
const programs: Running[] = []

beforeAll(async () => {
  await buildNginxImage(socket)
  await buildWebImage(socket)
  await docker(socket, ['network', 'create', network])
})

afterAll(async () => {
  await docker(socket, ['network', 'rm', network])
  rmSync(directory, { recursive: true, force: true })
})

async function startNginx(): Promise<void> {
  await docker(socket, ['run', '-d', '--name', 'nginx-lb', '--network', network, nginxImage])
  const format = `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`
  const ip = (await docker(socket, ['inspect', '--format', format, 'nginx-lb'])).trim()
  url = `http://${ip}:8000`
}

afterEach(async () => {
  for (const { child, ended } of programs.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  const left = [...(await containersOf('flask')), ...(await containersOf('e2e'))]
  await docker(socket, ['rm', '-f', 'nginx-lb', ...left])
})

async function containersOf(group: string): Promise<readonly string[]> {
  const text = await docker(socket, ['ps', '-aq', '--no-trunc', '--filter', `label=flotilla.group=${group}`])
  return text.split('\n').filter(Boolean)
}

async function hostname(): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
    return answer.ok ? await answer.text() : undefined
  } catch {
    return undefined
  }
}

const until = untilWithin(60_000, { everyMs: 100 })

/** The example as a student runs it. */
function startLab(...args: readonly string[]): Running {
  const env = { DOCKER_HOST: `unix://${socket}`, WEB_IMAGE: webImage }
  const started = startExample('docker-nginx/lab.js', args, { directory, env })
  programs.push(started)
  return started
}

function expectNoneLost(report: LoadReport): void {
  expect(report.failures).toEqual([])
  expect(report).toMatchObject({ hardCount: 0, staleCount: 0, okCount: report.sentCount })
}

describe('containers behind Nginx', () => {
  it('grow under load and come back, and no request is lost', async () => {
    await startNginx()
    const backend = dockerBackend({
      image: webImage,
      port: 5000,
      network,
      cpus: 1,
      pull: 'never',
      env: { WORK_US: '5000' },
    })
    const balancer = nginx({ container: 'nginx-lb', upstream: 'backend', listen: 8000 })
    const web = new Autoscaler({
      group: 'e2e',
      min: 1,
      max: 4,
      intervalMs: 1000,
      backend,
      balancer,
      probe: httpProbe('/health', { timeoutMs: 5000 }),
      policy: threshold({ metric: 'cpu', above: 0.04, below: 0.02 }),
      behavior: { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 0 } },
    })
    const inService = (): number =>
      web.status().instances.filter(({ state }) => state === 'in-service').length
    try {
      await web.start()
      await until('the first answer', async () => (await hostname()) !== undefined)
      const running = startLoad({ url, ...load })
      await until('three in service', () => inService() >= 3)
      const seen = new Set<string | undefined>()
      await until('round robin by hostname', async () => seen.add(await hostname()).size >= 3)
      const busy = await running.stop()
      expectNoneLost(busy)
      // A little load goes on while they go.
      const light = startLoad({ url, ...load, ratePerSecond: 1 })
      await until('one again', async () => inService() === 1 && (await containersOf('e2e')).length === 1)
      expectNoneLost(await light.stop())
    } finally {
      await web.stop({ terminate: true })
      await balancer.close()
      await backend.close?.()
    }
    expect(await containersOf('e2e')).toEqual([])
  })
})

describe('examples/docker-nginx/lab.js', () => {
  it('scales, is killed, finds its replicas again, and leaves nothing with --end', async () => {
    await startNginx()
    const first = startLab()
    await until('the first answer', async () => (await hostname()) !== undefined)
    const running = startLoad({ url, ...load })
    await until('two replicas', async () => (await containersOf('flask')).length >= 2)
    const seen = new Set<string | undefined>()
    await until('round robin by hostname', async () => seen.add(await hostname()).size >= 2)
    const before = new Set(await containersOf('flask'))
    first.child.kill('SIGKILL')
    await first.ended

    const second = startLab()
    await until('a tick', () => second.lines.some((line) => line.includes('in service')))
    const after = new Set(await containersOf('flask'))
    expect([...before].filter((id) => !after.has(id))).toEqual([])
    expectNoneLost(await running.stop())
    await until('one fewer', () => second.lines.some((line) => /\d -> \d: .*< 0\.05/.test(line)), 60_000)
    second.child.kill('SIGINT')
    expect([await second.ended, ...second.lines.slice(-5)]).toContain(0)
    expect(await containersOf('flask')).not.toEqual([])
    const last = startLab('--end')
    expect([await last.ended, ...last.lines.slice(-5)]).toContain(0)
    expect(await containersOf('flask')).toEqual([])
  })
})
