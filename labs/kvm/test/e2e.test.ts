import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { kvm, type KvmOptions } from '../../../packages/backend-kvm/src/index.js'
import { proxy } from '../../../packages/balancer-proxy/src/index.js'
import { Autoscaler, httpProbe, silentLogger, threshold } from '../../../packages/core/src/index.js'
import { closedLoad } from '../../lib/closed-load.js'
import { answers, expectAllAnswered, type Running } from '../../lib/story.js'
import {
  domainsOf,
  killDaemon,
  killQemu,
  leftOf,
  secondUri,
  startInLab,
  template,
  until,
  uri,
} from './rig.js'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-e2e-'))
const closers: (() => Promise<void>)[] = []
const running: Running[] = []

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL')
    await ended
  }
  for (const close of closers.splice(0).toReversed()) await close()
})

afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A group without a policy: it begins at its least, and its size is set by hand. */
async function manual(
  limits: { readonly group: string; readonly min: number; readonly max: number },
  options: KvmOptions,
): Promise<Autoscaler> {
  const backend = kvm(options)
  const web = new Autoscaler({
    ...limits,
    intervalMs: 1000,
    backend,
    probe: httpProbe('/health', { timeoutMs: 3000 }),
    logger: silentLogger,
  })
  closers.push(async () => {
    await web.stop({ terminate: true })
    await backend.close()
  })
  await web.start()
  await web.pause('scaling')
  return web
}

async function groupOf(group: string, size: number) {
  const web = await manual({ group, min: 0, max: 4 }, { ...template, orphanAfterMs: 5000 })
  await web.setDesired(size)
  const serving = (): readonly string[] =>
    web.status().instances.flatMap(({ name, state }) => (state === 'in-service' ? [name] : []))
  await until(`${size} in service`, () => serving().length === size)
  return { web, serving }
}

function start(path: string, port: number, ...args: readonly string[]): Running {
  const started = startInLab(path, port, directory, ...args)
  running.push(started)
  return started
}

describe('machines behind the proxy', () => {
  it('grow under load and come back, and no request is lost', async () => {
    const backend = kvm(template)
    const front = proxy({ port: 0 })
    const { host, port } = await front.listen()
    const url = `http://${host}:${port}`
    const web = new Autoscaler({
      group: 'e2e',
      min: 1,
      max: 3,
      intervalMs: 1000,
      backend,
      balancer: front,
      probe: httpProbe('/health', { timeoutMs: 5000 }),
      // Low, as the machine that runs this may have little left for its guests.
      policy: threshold({ metric: 'cpu', above: 0.3, below: 0.12 }),
      warmupMs: 3000,
      behavior: { scaleOut: { rates: [] }, scaleIn: { rates: [], windowMs: 4000 } },
      logger: silentLogger,
    })
    closers.push(async () => {
      await web.stop({ terminate: true })
      await front.close()
      await backend.close()
    })
    const inService = (): number =>
      web.status().instances.filter(({ state }) => state === 'in-service').length
    await web.start()
    await until('the first answer', () => answers(`${url}/health`))
    const load = closedLoad({ url, workers: 6 })
    await until('two in service', () => inService() >= 2)
    const before = Object.keys(load.report().byMember).length
    await until('answers of two machines', () => Object.keys(load.report().byMember).length >= 2)
    expect(before).toBeGreaterThan(0)
    expectAllAnswered(await load.stop())
    // A little load goes on while they go.
    const light = closedLoad({ url, workers: 1, kib: 1, pauseMs: 500 })
    await until('one again', async () => inService() === 1 && (await domainsOf('e2e')).length === 1)
    expectAllAnswered(await light.stop())
    await web.stop({ terminate: true })
    expect(await leftOf('e2e')).toEqual([])
  })
})

describe('a machine that fails', () => {
  it('is replaced when its QEMU is killed, and the others stay', async () => {
    const { web, serving } = await groupOf('killed', 2)
    const [victim = '', other = ''] = serving()
    killQemu(victim)
    await until('another', () => serving().length === 2 && !serving().includes(victim))
    expect(serving()).toContain(other)
    await web.stop({ terminate: true })
    expect(await leftOf('killed')).toEqual([])
  })

  it('is replaced when its kernel panics', async () => {
    const { web, serving } = await groupOf('panicked', 1)
    const [victim] = web.status().instances
    const reasons: string[] = []
    web.on('instance', ({ instance, reason }) => void (instance.id === victim?.id && reasons.push(reason)))
    expect(await answers(`http://${victim?.address?.host}/cgi-bin/crash`)).toBe(true)
    await until('another', () => serving().length === 1 && !serving().includes(victim?.name ?? ''))
    expect(reasons.join('; ')).toMatch(/panic|crash/)
  })
})

describe('libvirtd', () => {
  it('may be killed and started again: the machines stay the same', async () => {
    const { web, serving } = await groupOf('outage', 1)
    const before = serving()
    const address = web.status().instances[0]?.address?.host ?? ''
    await killDaemon(3000)
    expect(await answers(`http://${address}/health`)).toBe(true)
    await web.setDesired(2)
    await until('one more', () => serving().length === 2)
    expect(serving()).toEqual(expect.arrayContaining([...before]))
  })
})

describe('one group over two hypervisors', () => {
  it('is spread, and both its machines serve', async () => {
    const { address: _, ...leased } = template
    const hosts = { uri: undefined, uris: [uri, secondUri] }
    const web = await manual({ group: 'spread', min: 1, max: 2 }, { ...leased, ...hosts })
    const serving = () => web.status().instances.filter(({ state }) => state === 'in-service')
    await until('one in service', () => serving().length === 1)
    await web.setDesired(2)
    await until('two in service', () => serving().length === 2)
    const networks = serving().map(({ address }) => address?.host.replace(/\.\d+$/, ''))
    expect(new Set(networks)).toEqual(new Set(['192.168.122', '192.168.123']))
    await web.stop({ terminate: true })
    expect(await domainsOf('spread')).toEqual([])
  })
})

describe('examples/kvm-lab', () => {
  it('is killed, finds its machines again, and leaves nothing with --end', async () => {
    const url = 'http://127.0.0.1:18080'
    const first = start('kvm-lab/main.js', 18_080)
    await until(`the first answer: ${first.lines.slice(-3).join(' ')}`, () => answers(url))
    const before = await domainsOf('lab')
    first.child.kill('SIGKILL')
    await first.ended
    const second = start('kvm-lab/main.js', 18_080)
    await until('one in service', () =>
      second.lines.some((line) => line.includes('1 of 1 machines in service')),
    )
    expect(await domainsOf('lab')).toEqual(before)
    second.child.kill('SIGINT')
    expect([await second.ended, ...second.lines.slice(-5)]).toContain(0)
    expect(await domainsOf('lab')).toEqual(before)
    const last = start('kvm-lab/main.js', 18_080, '--end')
    expect([await last.ended, ...last.lines.slice(-5)]).toContain(0)
    expect(await leftOf('lab')).toEqual([])
  })
})

describe('examples/kvm-host-cpu', () => {
  it('grows when its host is busy, and leaves nothing with --end', async () => {
    const example = start('kvm-host-cpu/main.js', 18_081)
    await until('the first answer', () => answers('http://127.0.0.1:18081'))
    const end = Date.now() + 90_000
    // The host, kept busy by this process and by the guest that boots.
    while (Date.now() < end && !example.lines.some((line) => line.includes('1 -> 2'))) {
      const turnEnd = performance.now() + 400
      while (performance.now() < turnEnd) Math.sqrt(turnEnd)
      await fetch('http://127.0.0.1:18081/cgi-bin/burn?s=20&n=2').catch(() => undefined)
      await sleep(50)
    }
    expect(example.lines.filter((line) => line.includes('1 -> 2'))).toEqual([
      expect.stringMatching(/host\.cpu .* > 0\.5/),
    ])
    example.child.kill('SIGINT')
    expect([await example.ended, ...example.lines.slice(-5)]).toContain(0)
    const last = start('kvm-host-cpu/main.js', 18_081, '--end')
    expect([await last.ended, ...last.lines.slice(-5)]).toContain(0)
    expect(await leftOf('autoscale-vm')).toEqual([])
  })
})
