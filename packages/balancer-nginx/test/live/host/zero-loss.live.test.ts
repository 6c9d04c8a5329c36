import { setTimeout as sleep } from 'node:timers/promises'
import type { SyncReport } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { startLoad, type LoadOptions, type LoadReport } from '../../../../../labs/lib/load-generator.js'
import { nginx, setupFiles, type NginxOptions } from '../../../src/index.js'
import { freePort, RealNginx } from '../real-nginx.js'
import { WorkerProcess } from '../worker-process.js'

const eventCount = 20
/** Little enough for a busy machine: the load comes from the process that the balancer runs in. */
const ratePerSecond = 150

/** Scales between one and four members while load runs, each event as soon as the one before is over. */
async function scaleUnderLoad(
  { real, options, url }: Site,
  load: Partial<LoadOptions>,
  removal: 'drained' | 'killed first' = 'drained',
): Promise<LoadReport> {
  const { configFile, mainConfigFile } = real
  const balancer = nginx({ upstream: 'backend', configFile, mainConfigFile, ...options })
  let workers = [await WorkerProcess.start('w0')]
  const all = [...workers]
  const sync = async (): Promise<SyncReport> =>
    balancer.sync(
      workers.map(({ member }) => member),
      { signal: new AbortController().signal },
    )
  try {
    await sync()
    const running = startLoad({ url, ratePerSecond, ...load })
    let grows = true
    for (let event = 0; event < eventCount; event += 1) {
      await sleep(300)
      if (workers.length >= 4) grows = false
      if (workers.length <= 1) grows = true
      if (grows) {
        const worker = await WorkerProcess.start(`w${all.length}`)
        all.push(worker)
        workers = [...workers, worker]
        await sync()
      } else {
        const [victim, ...rest] = workers
        workers = rest
        if (removal === 'killed first') await victim?.kill()
        await sync()
        await victim?.kill()
      }
    }
    await sleep(300)
    return await running.stop()
  } finally {
    await balancer.close()
    await Promise.all(all.map((worker) => worker.kill()))
    await real.stop()
  }
}

/** An Nginx, what its balancer is given, and where clients ask. */
interface Site {
  readonly real: RealNginx
  readonly options: Partial<NginxOptions>
  readonly url: string
}

async function single(options: Partial<NginxOptions>): Promise<Site> {
  const real = await RealNginx.start({ main: 'worker_shutdown_timeout 5s;' })
  const listen = `127.0.0.1:${await freePort()}`
  return { real, options: { listen, drainTimeoutMs: 5000, ...options }, url: `http://${listen}` }
}

/** As setupFiles() gives it, in a directory of the test's own. */
async function twoStages(): Promise<Site> {
  const real = await RealNginx.prepare()
  const listen = `127.0.0.1:${await freePort()}`
  const { files, options } = setupFiles('two-stage', {
    listen,
    configFile: real.configFile,
    runDirectory: real.directory,
    drainTimeoutMs: 5000,
  })
  await real.startMain('nginx.conf', files['nginx.conf'] ?? '', real.pidFile)
  await real.startMain('front.conf', files['front.conf'] ?? '', `${real.directory}/nginx-front.pid`)
  return { real, options, url: `http://${listen}` }
}

describe('scaling under load', () => {
  it('loses nothing without client keep-alive, and no client repeats a request', async () => {
    const report = await scaleUnderLoad(await single({ clientKeepAliveMs: 0 }), { retriesStale: false })
    console.log('one nginx, no client keep-alive, no retry:', JSON.stringify(report))
    expect(report).toMatchObject({ hardCount: 0, staleCount: 0, okCount: report.sentCount })
    expect(report.sentCount).toBeGreaterThan(1000)
  })

  it('loses nothing with keep-alive in front of a second stage, and no client repeats a request', async () => {
    const report = await scaleUnderLoad(await twoStages(), { retriesStale: false })
    console.log('two stages, keep-alive, no retry:', JSON.stringify(report))
    expect(report).toMatchObject({ hardCount: 0, staleCount: 0, okCount: report.sentCount })
    expect(report.sentCount).toBeGreaterThan(1000)
  })

  it('loses nothing with keep-alive when clients repeat a request on a dead connection', async () => {
    const report = await scaleUnderLoad(await single({}), { retriesStale: true })
    console.log('one nginx, keep-alive, with retry:', JSON.stringify(report))
    expect(report).toMatchObject({ hardCount: 0, staleCount: 0, okCount: report.sentCount })
    expect(report.sentCount).toBeGreaterThan(1000)
  })

  it('loses requests when members are killed before they are out, so this can tell', async () => {
    const site = await single({ clientKeepAliveMs: 0 })
    const report = await scaleUnderLoad(site, { postRatio: 0.8, postMs: 50 }, 'killed first')
    console.log('one nginx, members killed first:', JSON.stringify(report))
    expect(report.hardCount).toBeGreaterThan(0)
  })
})
