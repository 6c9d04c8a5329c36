import { readFileSync } from 'node:fs'
import {
  testBackend,
  testLoadBalancer,
  testMetrics,
  testPolicy,
  type TestRunner,
} from '../../src/testing/index.js'
import { expect, it } from 'vitest'

const never = () => Promise.reject(new Error('only the names are asked for'))

const suites: readonly (readonly [string, (runner: TestRunner) => void])[] = [
  ['write-a-backend', (runner) => testBackend(runner, '', { make: never })],
  ['write-a-balancer', (runner) => testLoadBalancer(runner, '', { drainMs: 1000, make: never })],
  ['write-a-metric-source', (runner) => testMetrics(runner, '', { make: never })],
  ['write-a-policy', (runner) => testPolicy(runner, '', { make: () => ({}) as never })],
]

/** Cases that are alike for several calls stand in a guide once, with the call left out. */
const anyCall = (name: string) => name.replace(/^(?:list|launch|terminate|usage)(?=[: ])/, '…')

it.each(suites)('docs/%s.md says of each case of its suite what it wants', (page, register) => {
  const text = readFileSync(new URL(`../../../../docs/${page}.md`, import.meta.url), 'utf8')
  const shown = new Set(
    [...text.matchAll(/^\| (.+?) +\|/gm)].map(([, first = '']) => first.replaceAll('`', '')),
  )
  const names: string[] = []
  register({ describe: (_, body) => body(), it: (name) => void names.push(name) })
  expect(names.length).toBeGreaterThan(5)
  expect(names.filter((name) => !shown.has(name) && !shown.has(anyCall(name)))).toEqual([])
})
