import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  hypervisorMetrics,
  kvm,
  kvmHost,
  type KvmBackend,
  type KvmOptions,
} from '../../../packages/backend-kvm/src/index.js'
import { setRules, startGuarded, stopGuarded } from '../guarded.js'
import { virsh } from '../tools.js'
import { lab, until } from './rig.js'

const readme = new URL('../../../packages/backend-kvm/README.md', import.meta.url)
const group = 'rights'
let guarded: Awaited<ReturnType<typeof startGuarded>>

/** The rule that the README has, for the user of the lab. */
function ruleOfReadme(): string {
  const [, rule] = /```text\n(\/\/ \/etc\/polkit-1[^`]+)```/.exec(readFileSync(readme, 'utf8')) ?? []
  if (rule === undefined) throw new Error('the README has no rule for polkit')
  return rule
}

/** The same for the lab's user, and so that polkit's log says what was asked and what was denied. */
const inLab = (rule: string): string =>
  rule
    .replace("!== 'autoscaler'", "!== 'nobody'")
    .replace('  var onAll', "  polkit.log('asked ' + action)\n  var onAll")
    .replace('? polkit.Result.NO ', "? (polkit.log('denied ' + action), polkit.Result.NO) ")

/** Permissions that polkit's log has after this word, such as `domain.start`. */
function logged(word: 'asked' | 'denied'): readonly string[] {
  const lines = readFileSync(guarded.polkitLogFile, 'utf8').matchAll(
    new RegExp(`${word} \\[Action id='org\\.libvirt\\.api\\.([^']+)'`, 'g'),
  )
  return [...new Set([...lines].map(([, action = '']) => action))]
}

/** All that the rule grants. */
function granted(rule: string): readonly string[] {
  const lists = [...rule.matchAll(/(?:'([a-z-]+)':|var onOwn =) \[([^\]]+)\]/g)]
  return lists.flatMap(([, object = 'domain', names = '']) =>
    [...names.matchAll(/'([a-z-]+)'/g)].map(([, name = '']) => `${object}.${name}`),
  )
}

beforeAll(async () => {
  guarded = await startGuarded(lab.places, { signal: AbortSignal.timeout(60_000), log: () => {} })
}, 90_000)

afterAll(async () => stopGuarded(lab.places, () => {}))

const bounded = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })

function open(options: Partial<KvmOptions>): KvmBackend {
  const { subnet, uriAsNobody } = guarded
  return kvm({
    uri: uriAsNobody,
    golden: { pool: lab.places.pool, volume: 'golden.qcow2' },
    domainType: 'qemu',
    memoryMib: 96,
    address: { from: `${subnet}.200`, to: `${subnet}.210` },
    port: 80,
    shutdownMs: 100,
    sharedStorage: false,
    orphanAfterMs: 1,
    ...options,
  })
}

/** All that a backend does: one machine with everything, one from each kind of warm pool, and the end. */
async function story(): Promise<void> {
  const host = kvmHost({ uri: guarded.uriAsNobody })
  const metrics = hypervisorMetrics({ hosts: [host] })
  const plain = open({
    uri: undefined,
    hosts: [host],
    consoleLog: true,
    disks: [{ sizeMib: 1 }],
    cloudInit: { userData: '#cloud-config\n{}' },
  })
  const pools = (['paused', 'managed-save', 'stopped'] as const).map((kind) =>
    open({ address: 'none', port: undefined, warmPool: { size: 1, kind } }),
  )
  try {
    const changes = plain.watch(group, bounded())[Symbol.asyncIterator]()
    const heard = changes.next()
    const launched = await plain.launch({ group, token: 't1' }, bounded())
    expect(launched.address?.host).toMatch(guarded.subnet)
    expect((await heard).done).toBe(false)
    const [listed] = await plain.list(group, bounded())
    expect(listed).toMatchObject({ id: launched.id, status: 'running', address: launched.address })
    const usage = await plain.usage([launched], bounded())
    expect(usage.find(({ name }) => name === 'memory')).toMatchObject({ kind: 'value' })
    await until(
      'it writes to its console',
      async () => (await plain.lastOutput(launched, bounded())) !== undefined,
    )
    const readings = await metrics.sample({ group, instances: [], now: Date.now(), ...bounded() })
    expect(readings.find(({ name }) => name === 'hypervisor.memory')).toMatchObject({ kind: 'value' })
    expect(await plain.terminate(group, [launched.id], bounded())).toEqual({
      done: [launched.id],
      failed: [],
    })
    expect(await plain.endGroup(group, bounded())).toEqual({ done: [], failed: [] })
    for (const [index, pool] of pools.entries()) {
      await pool.list(group, bounded())
      await until('a machine waits', async () => (await domains()).length === 1 && (await isReady()))
      const { id, name } = await pool.launch({ group, token: `w${index}` }, bounded())
      expect(name).toContain('._')
      expect(await pool.terminate(group, [id], bounded())).toEqual({ done: [id], failed: [] })
      expect((await pool.endGroup(group, bounded())).failed).toEqual([])
    }
    expect(await domains()).toEqual([])
  } finally {
    await Promise.all([plain, ...pools, host].map(async (one) => one.close()))
    await metrics.close?.()
  }
}

/** As root, whom polkit lets do all. */
const domains = async (): Promise<readonly string[]> =>
  (await virsh(guarded.uri, ['list', '--all', '--name'])).split('\n').filter((name) => name !== '')

async function isReady(): Promise<boolean> {
  const [name = ''] = await domains()
  return (await virsh(guarded.uri, ['metadata', name, '--uri', 'urn:flotilla:machine:1'])).includes(
    'warm="ready"',
  )
}

describe('a user with the rights that the README lists', () => {
  it('does all that a backend does, and needs each of them', async () => {
    const rule = ruleOfReadme()
    await setRules(guarded, inLab(rule))
    const failure: unknown = await story().catch((error: unknown) => error)
    expect(logged('denied')).toEqual([])
    expect(failure).toBeUndefined()
    const asked = logged('asked')
    expect(granted(rule).filter((permission) => !asked.includes(permission))).toEqual([])
  })
})
