import { readFileSync } from 'node:fs'
import { compileFunction } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import * as ours from '../src/index.js'
import { cloudTests } from './kit/cloud-tests.js'
import { fakeConnection } from './kit/openstack-kit.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)

describe('the README', () => {
  const tests = cloudTests()

  /** Runs an example as it stands there, with what it imports, on a fake cloud. */
  async function run(
    code: string,
    others: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly string[]> {
    const cloud = fakeConnection(tests.fake)
    const given: Readonly<Record<string, unknown>> = {
      openstack: (options: ours.OpenStackOptions) => ours.openstack({ ...options, cloud }),
      octavia: (options: ours.OctaviaOptions) => ours.octavia({ ...options, cloud }),
      openstackCloud: () => cloud,
      projectLimits: ours.projectLimits,
      ...others,
    }
    const names: string[] = []
    const body = code.replace(/^import \{([^}]*)\} from .*$/gm, (_, list: string) => {
      names.push(...list.split(',').map((one) => one.trim()))
      return ''
    })
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...words) => void printed.push(words.join(' ')))
    try {
      const example = compileFunction(`return (async () => {${body}})()`, names) as (
        ...values: unknown[]
      ) => Promise<void>
      await example(...names.map((name) => given[name]))
      return printed
    } finally {
      log.mockRestore()
      await cloud.close()
    }
  }

  it('makes a group as it says', async () => {
    const made: unknown[] = []
    class Autoscaler {
      constructor(options: unknown) {
        made.push(options)
      }
      async start(): Promise<void> {}
    }
    await run(examples[0] ?? '', {
      Autoscaler,
      httpProbe: String,
      targetTracking: (options: unknown) => options,
      proxy: (options: unknown) => options,
    })
    expect(made).toMatchObject([{ group: 'web', backend: { name: expect.stringMatching(/m1\.tiny$/) } }])
  })

  it('shares a cloud as it says', async () => {
    const [printed] = await run(examples[1] ?? '')
    expect(printed).toMatch(/m1\.tiny false 5$/)
  })

  it('makes a balancer as it says', async () => {
    expect(await run(examples[2] ?? '')).toEqual(['octavia web'])
  })

  it('names every option', () => {
    const source = readFileSync(new URL('../src/options/options.ts', import.meta.url), 'utf8')
    const [, body = ''] = /export interface OpenStackOptions \{([\s\S]*?)\n\}/.exec(source) ?? []
    const options = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name = '']) => name)
    expect(options.length).toBeGreaterThan(20)
    expect(options.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
  })
})
