import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { docstringExamples } from '../lib/docstring-examples.js'
import { runCommand } from '../lib/run-command.js'
import { rootDirectory } from '../lib/workspace.js'
import { doors } from '../site/pages.js'

/** Inside the checkout, so that an example finds what the packages find. */
mkdirSync(join(rootDirectory, '.flotilla'), { recursive: true })
const directory = mkdtempSync(join(rootDirectory, '.flotilla/docstrings-'))
afterAll(() => rmSync(directory, { recursive: true }))

const sources = new Map(doors().map(({ name, file }) => [name, file]))

/** The code with our packages as they are in the checkout. */
const onSources = (code: string): string =>
  code.replaceAll(/(from|import) '(@flotilla\/[^']+)'/g, (_, word: string, name: string) => {
    return `${word} '${sources.get(name) ?? name}'`
  })

const examples = docstringExamples().map(({ path, line, code }, index) => {
  const file = join(directory, `${index}.ts`)
  writeFileSync(file, `${onSources(code)}\nexport {}\n`)
  const imported = [...code.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name)
  // What imports nothing but core needs nothing of the outside.
  return {
    where: `${path}:${line}`,
    file,
    isAlone: imported.every((name) => name.startsWith('@flotilla/core')),
  }
})

it('examples in docstrings are typed', async () => {
  expect(examples.length).toBeGreaterThan(15)
  const compilerOptions = {
    noEmit: true,
    composite: false,
    emitDeclarationOnly: false,
    declarationMap: false,
    isolatedDeclarations: false,
    allowImportingTsExtensions: true,
    typeRoots: [join(rootDirectory, 'node_modules/@types')],
  }
  const project = join(directory, 'tsconfig.json')
  const config = { extends: join(rootDirectory, 'tsconfig.base.json'), compilerOptions, include: ['*.ts'] }
  writeFileSync(project, JSON.stringify(config))
  const tsc = join(rootDirectory, 'node_modules/typescript/bin/tsc')
  const { ok, output } = await runCommand(process.execPath, [tsc, '-p', project])
  const told = output.replaceAll(/^.*?(\d+)\.ts\((\d+),/gm, (_, index: string, line: string) => {
    return `${examples[Number(index)]?.where} line ${line} (`
  })
  expect(ok ? '' : told).toBe('')
}, 60_000)

it.each(examples.filter(({ isAlone }) => isAlone))('the example at $where runs', async ({ file }) => {
  await expect(import(file)).resolves.toBeDefined()
})
