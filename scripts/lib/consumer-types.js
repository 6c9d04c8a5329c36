import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './run-command.js'
import { rootDirectory } from './workspace.js'

/** @import { Package } from './workspace.js' */

/**
 * A compiler that users may have, with what it can do: `import x = require()` of a package that is ESM needs `nodenext` of
 * 5.8 or newer. An older one compiles CommonJS that says `await import()`.
 *
 * @typedef {object} Compiler
 * @property {string} name
 * @property {string} path - of its `tsc`, from the project
 * @property {'node16' | 'nodenext'} module
 * @property {readonly string[]} files
 */

/** What is installed in the project beside the tarballs, for `compilers`. */
export const compilerPackages = {
  'typescript-5.4': 'npm:typescript@~5.4.5',
  'typescript-5.8': 'npm:typescript@~5.8.3',
}

/** @type {readonly Compiler[]} */
const compilers = [
  {
    name: 'TypeScript 5.4, node16',
    path: 'node_modules/typescript-5.4/bin/tsc',
    module: 'node16',
    files: ['user.mts', 'dynamic.cts'],
  },
  {
    name: 'TypeScript 5.8, nodenext',
    path: 'node_modules/typescript-5.8/bin/tsc',
    module: 'nodenext',
    files: ['user.mts', 'user.cts'],
  },
  {
    name: 'TypeScript 7, nodenext',
    path: join(rootDirectory, 'node_modules/typescript/bin/tsc'),
    module: 'nodenext',
    files: ['user.mts', 'user.cts'],
  },
]

/**
 * Compiles a user's files, in TypeScript and in CommonJS, against the installed tarballs: strict, with the libraries' own
 * declarations checked too, and without the workspace's private condition.
 *
 * @param {readonly Package[]} packages
 * @param {string} project
 * @param {AbortSignal} signal
 * @returns {Promise<Map<string, string[]>>} the problems by compiler
 */
export async function problemsOfTypes(packages, project, signal) {
  const entries = packages.flatMap((one) => one.entries)
  // A module without types would be `any`, which everything may be done with: then `false` is no `true`.
  const isAny = 'type IsAny<T> = 0 extends 1 & T ? true : false'
  const uses = entries.map((_, index) => `export const typed${index}: IsAny<typeof entry${index}> = false`)
  const imports = entries.map((entry, index) => `import * as entry${index} from '${entry}'`)
  const requires = entries.map((entry, index) => `import entry${index} = require('${entry}')`)
  const dynamic = entries.map(
    (entry, index) => `export const load${index} = async () => {
  const entry${index} = await import('${entry}')
  const typed: IsAny<typeof entry${index}> = false
  return typed
}`,
  )
  writeFileSync(join(project, 'user.mts'), [...imports, isAny, ...uses, ''].join('\n'))
  writeFileSync(join(project, 'user.cts'), [...requires, isAny, ...uses, ''].join('\n'))
  writeFileSync(join(project, 'dynamic.cts'), [isAny, ...dynamic, ''].join('\n'))
  const problems = new Map()
  for (const compiler of compilers) {
    problems.set(compiler.name, await problemsOf(compiler, packages, project, signal))
  }
  return problems
}

/**
 * @param {Compiler} compiler
 * @param {readonly Package[]} packages
 * @param {string} project
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
async function problemsOf({ path, module, files }, packages, project, signal) {
  const options = { ...compilerOptions, module }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files }))
  const compiled = await runCommand(process.execPath, [path, '-p', '.', '--listFiles'], {
    cwd: project,
    signal,
  })
  if (!compiled.ok) return [`tsc: ${compiled.ending}\n${withoutList(compiled.output)}`]
  return packages
    .filter(({ name }) => !compiled.stdout.includes(`/project/node_modules/${name}/dist/index.d.ts`))
    .map(({ name }) => `the types of ${name} do not come from its tarball`)
}

const compilerOptions = {
  noEmit: true,
  target: 'es2022',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
}

/** @param {string} output - of `tsc --listFiles` */
function withoutList(output) {
  return output
    .split('\n')
    .filter((line) => !/^\/\S+\.[mc]?tsx?$/.test(line))
    .join('\n')
}
