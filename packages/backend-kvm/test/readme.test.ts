import { readFileSync } from 'node:fs'
import * as core from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import * as kvm from '../src/index.js'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const snippets = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, code = '']) => code)

/** A snippet without its imports and its start, as a function of the packages it imports. */
function runnable(code: string): (modules: readonly object[]) => unknown {
  const body = code
    .replaceAll(
      /import (\{.*?\}) from '@flotilla\/(core|backend-kvm)'/g,
      (_, names: string, from: string) => {
        return `const ${names} = modules[${from === 'core' ? 0 : 1}]`
      },
    )
    .replace(/^await .*$/m, '')
    .replaceAll(/^export const (\w+) = /gm, 'const $1 = ')
  // oxlint-disable-next-line no-implied-eval -- the README's own code
  return new Function('modules', `${body}\nreturn typeof web === 'undefined' ? backend : web`) as never
}

describe('the README', () => {
  it('has snippets that are taken as they stand', () => {
    const made = snippets.map((code) => runnable(code)([core, kvm]))
    expect(made[0]).toBeInstanceOf(core.Autoscaler)
    expect(made[1]).toBeInstanceOf(kvm.KvmBackend)
    expect(made).toHaveLength(2)
  })

  it('names every option there is', () => {
    const source = readFileSync(new URL('../src/options/kvm-options.ts', import.meta.url), 'utf8')
    const [, fields = ''] = /export interface KvmOptions \{(.*?)\n\}/s.exec(source) ?? []
    const names = [...fields.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name)
    expect(names.length).toBeGreaterThan(20)
    for (const name of names) expect(readme).toMatch(new RegExp(`\\b${name}\\b`))
  })
})
