import { readFile } from 'node:fs/promises'
import { expect, it, vi } from 'vitest'

type Loader = (specifier: string) => Promise<unknown>

// The constructor of async functions has no name of its own.
const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (load: Loader) => Promise<void>

it('says in the README what its example really prints', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const [, example = ''] = /```js\n([^]*?)```/.exec(readme) ?? []
  const code = example.replaceAll(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = await load($2)')
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {})
  await new AsyncFunction('load', code)(
    async (specifier) => import(specifier === '@flotilla/balancer-proxy' ? '../src/index.js' : specifier),
  )
  expect(printed.mock.calls).toEqual([
    ['web-1 served /hello'],
    [{ drained: ['web-1'], cut: [], readmitted: [] }],
  ])
  expect(example).toContain('// web-1 served /hello\n')
  expect(example).toContain("// { drained: ['web-1'], cut: [], readmitted: [] }\n")
})
