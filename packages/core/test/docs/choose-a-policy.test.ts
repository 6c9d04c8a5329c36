import { readFile } from 'node:fs/promises'
import { compileFunction } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { victimPolicies } from '../../src/controller/victims/victim-policy.js'
import { Autoscaler, type Policy, type StepName, replayDecisions } from '../../src/index.js'
import { decisionLogFile } from '../../src/decide/log/decision-log-file.js'
import { decisionLog } from '../../src/decide/log/decision-log.js'
import { fakeBackend } from '../../src/testing/index.js'
import { at, observe, ofGroup, perInstance, set } from '../observations.js'
import * as policies from '../policies/policies.js'

const exported: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...Object.entries(policies),
  ['decisionLog', decisionLog],
  ['decisionLogFile', decisionLogFile],
  ['replayDecisions', replayDecisions],
  ['readFile', async () => Promise.reject(Object.assign(new Error('no such file'), { code: 'ENOENT' }))],
])

const groupWith = (options: unknown): Autoscaler =>
  new Autoscaler({ group: 'web', min: 1, max: 2, backend: fakeBackend(), ...(options as object) })

const page = await readFile(new URL('../../../../docs/choose-a-policy.md', import.meta.url), 'utf8')
const snippets = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** Runs a snippet with what it imports, and gives one of the names it declares. */
function run(snippet: string, name: string): unknown {
  const names: string[] = []
  const body = snippet.replace(
    /^import \{([^}]*)\} from '(?:@flotilla\/core|node:fs\/promises)'$/gm,
    (_, list: string) => {
      names.push(...list.split(',').map((one) => one.trim()))
      return ''
    },
  )
  for (const imported of names) expect(exported.has(imported), `${imported} is imported`).toBe(true)
  const compiled = compileFunction(`${body}\nreturn ${name}`, names)
  return (compiled as (...values: readonly unknown[]) => unknown)(...names.map((one) => exported.get(one)))
}

const metrics = ['queue', 'latency', 'queue.length', 'queue.lag', 'slots.in_use', 'slots.reserved']
const readings = [...perInstance('cpu', [0.9, 0.9]), ...metrics.map((metric) => ofGroup(metric, 60))]

/** What each snippet that makes a policy says of two busy instances, in the order of the page. */
const wanted = [3, 3, 4, 2, 3, 34]

describe('docs/choose-a-policy.md', () => {
  const makingPolicies = snippets.filter((snippet) => snippet.includes('const policy ='))

  it('has a snippet for each of these', () => expect(makingPolicies).toHaveLength(wanted.length))

  it.each(makingPolicies.map((snippet, index) => [index, snippet] as const))(
    'snippet %d makes a policy that works',
    (index, snippet) => {
      const policy = run(snippet, 'policy') as Policy
      const input = { readings: set(...readings), observation: observe(2, 2), now: at, state: undefined }
      expect(policy.evaluate(input).proposal).toMatchObject({ kind: 'count', count: wanted[index] })
    },
  )

  it('shows how to try a policy beside the one that runs', () => {
    const snippet = snippets.find((code) => code.includes('shadow: {')) ?? ''
    expect(() => groupWith(run(snippet, 'options'))).not.toThrow()
  })

  it('names the termination policies that there are', () => {
    const table = page.slice(page.indexOf('## Who goes first'), page.indexOf('Before all of these'))
    const named = [...table.matchAll(/^\| `'([a-z-]+)'`/gm)].map(([, name]) => name)
    expect(named).toEqual(victimPolicies.filter((name) => name !== 'oldest' && name !== 'newest'))
  })

  it('names every step that may hold a group back', () => {
    const names: Readonly<Record<StepName, true>> = {
      bounds: true,
      combine: true,
      stabilise: true,
      'rate-limit': true,
      clamp: true,
      paused: true,
    }
    const text = page.slice(page.indexOf('`blockedBy` finds'))
    for (const name of Object.keys(names)) expect(text).toContain(`\`${name}\``)
  })

  it('shows how to read a file back', async () => {
    const snippet = snippets.find((code) => code.includes('replayDecisions(')) ?? ''
    const load = run(snippet, 'load') as () => Promise<unknown>
    await expect(load()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('shows how to keep and ask decisions', () => {
    const snippet = snippets.find((code) => code.includes('decisionLogFile(')) ?? ''
    expect(() => groupWith(run(snippet, 'options'))).not.toThrow()
    expect((run(snippet, 'why') as () => string)()).toContain('No decision of web is known')
    expect((run(snippet, 'held') as () => readonly unknown[])()).toEqual([])
  })

  it('names nothing that is not there', () => {
    const called = [...page.matchAll(/`([a-z]\w+)(?:\(|`)/gi)].map(([, name = '']) => name)
    const options = new Set(
      'behavior min max starting type whenMissing assume fail scaling status activeCount afterFailures desired threshold none Utilization AverageValue Pods Value Percent max_scale_up customPolicy victims shadows explain log blockedBy stabilise clamp combine bounds paused instance busyMetric balanceZones cpu OldestLaunchTemplate ClosestToNextInstanceHour AllocationStrategy outOnly metric cooldownMs cooldownAfterMs warmupMs shrinkWhileOver'.split(
        ' ',
      ),
    )
    expect([...new Set(called)].filter((name) => !exported.has(name) && !options.has(name))).toEqual([])
  })
})
