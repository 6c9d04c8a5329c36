import { readFile } from 'node:fs/promises'
import { compileFunction } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Policy } from '../../src/index.js'
import { decisionLogFile } from '../../src/decide/decision-log-file.js'
import { decisionLog } from '../../src/decide/decision-log.js'
import { at, observe, ofGroup, perInstance, set } from '../observations.js'
import * as policies from '../policies/policies.js'

const exported: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ...Object.entries(policies),
  ['decisionLog', decisionLog],
  ['decisionLogFile', decisionLogFile],
])

const page = await readFile(new URL('../../../../docs/choose-a-policy.md', import.meta.url), 'utf8')
const snippets = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

/** Runs a snippet with what it imports, and gives one of the names it declares. */
function run(snippet: string, name: string): unknown {
  const names: string[] = []
  const body = snippet.replace(/^import \{([^}]*)\} from '@flotilla\/core'$/gm, (_, list: string) => {
    names.push(...list.split(',').map((one) => one.trim()))
    return ''
  })
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

  it('shows how to keep and ask decisions', () => {
    const snippet = snippets.find((code) => code.includes('decisionLogFile(')) ?? ''
    const heard: string[] = []
    const listen = run(snippet, 'listen') as (group: unknown) => readonly unknown[]
    listen({ on: (name: string, listener: unknown) => heard.push(`${name} ${typeof listener}`) })
    expect(heard).toEqual(['decision function', 'decision function'])
    expect((run(snippet, 'why') as () => string)()).toContain('No decision is known')
    expect((run(snippet, 'held') as () => readonly unknown[])()).toEqual([])
  })

  it('names nothing that is not there', () => {
    const called = [...page.matchAll(/`([a-z]\w+)(?:\(|`)/gi)].map(([, name = '']) => name)
    const options = new Set(
      'behavior min max starting type whenMissing assume fail scaling status activeCount afterFailures desired threshold none Utilization AverageValue Pods Value Percent max_scale_up customPolicy'.split(
        ' ',
      ),
    )
    expect([...new Set(called)].filter((name) => !exported.has(name) && !options.has(name))).toEqual([])
  })
})
