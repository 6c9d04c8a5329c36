import { readFileSync } from 'node:fs'
import { runInThisContext } from 'node:vm'
import * as core from '@flotilla/core'
import { describe, expect, it, vi } from 'vitest'
import * as simulator from '../src/index.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)

/** Runs an example as it stands in the README, and gives what it printed and wrote. */
function run(code: string): { printed: string[]; written: Map<string, string> } {
  const printed: string[] = []
  const written = new Map<string, string>()
  const modules = {
    '@flotilla/core': core,
    '@flotilla/simulator': simulator,
    'node:fs': { writeFileSync: (file: string, text: string) => written.set(file, text) },
  }
  const body = code.replace(/import (\{.*?\}) from ('.*?')/g, 'const $1 = modules[$2]')
  const log = vi.spyOn(console, 'log').mockImplementation((...words) => {
    printed.push(words.join(' '))
  })
  try {
    const example = runInThisContext(`(modules) => {${body}}`) as (given: unknown) => void
    example(modules)
  } finally {
    log.mockRestore()
  }
  return { printed, written }
}

describe('the README', () => {
  it('compares policies as it says, but for the time that a decision took', () => {
    const { printed, written } = run(examples[0] ?? '')
    const shown = /```\npolicy(.*?)\n```/s.exec(readme)?.[1] ?? ''
    const untimed = (table: string): string => table.replace(/ +\d*$/gm, '')
    expect(untimed(printed[0] ?? '')).toBe(untimed(`policy${shown}`))
    expect(written.get('comparison.html')).toContain('<svg')
  })

  it('simulates one policy as it says', () => {
    const { printed } = run(examples[1] ?? '')
    expect(printed.length).toBeGreaterThan(5)
    expect(printed[0]).toMatch(/^\d+ → \d+: .*cpu/)
    expect(printed.at(-1)).toMatch(/^1\.\d+ 0(\.\d+)?(e-\d+)? 5760$/)
  })

  it('gives the knees and the wait that the model has', () => {
    const curve = simulator.demandCurve()
    const knee = (count: number): string => (curve.carriedBy(count) / count / 40).toFixed(2)
    expect([knee(1), knee(5), knee(20)]).toEqual(['0.81', '0.91', '0.95'])
    expect(readme).toContain(`${knee(1)} of its flat-out rate`)
  })
})
