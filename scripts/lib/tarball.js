import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, posix } from 'node:path'
import { rootDirectory } from './workspace.js'

/** @import { Package } from './workspace.js' */

const allowed = /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|schema\.json|(?:dist|src)\/.+)$/
const unwanted = /\.tsbuildinfo$|\.test\.|(?:^|\/)(?:test|node_modules)\/|(?:^|\/)tsconfig/

/**
 * What is wrong with the files of an installed tarball.
 *
 * @param {Package} one
 * @param {string} project
 * @returns {string[]}
 */
export function problemsOfTarball(one, project) {
  const directory = join(project, 'node_modules', one.name)
  const files = new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1).replaceAll('\\', '/'), readFileSync(path, 'utf8')]),
  )
  return [...missing(files), ...strays(files), ...machinePaths(files), ...lostSources(files)]
}

/** @param {ReadonlyMap<string, string>} files - text by path */
function* missing(files) {
  for (const path of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'src/index.ts']) {
    if (!files.has(path)) yield `${path} is missing`
  }
  const license = files.get('LICENSE')
  if (license !== undefined && license !== readFileSync(join(rootDirectory, 'LICENSE'), 'utf8')) {
    yield `LICENSE is not the workspace's own`
  }
}

/** @param {ReadonlyMap<string, string>} files */
function* strays(files) {
  for (const path of files.keys()) {
    if (!allowed.test(path) || unwanted.test(path)) yield `${path} should not be in it`
  }
}

/** @param {ReadonlyMap<string, string>} files */
function* machinePaths(files) {
  // A short home, such as /root, may stand in a text for what it is.
  const paths = [`${rootDirectory}/`, ...(homedir().length > 5 ? [`${homedir()}/`] : [])]
  for (const [path, text] of files) {
    for (const machinePath of paths) {
      if (text.includes(machinePath)) yield `${path} holds a path of this machine: ${machinePath}`
    }
  }
}

/**
 * Source and declaration maps lead readers to real code only when that is there.
 *
 * @param {ReadonlyMap<string, string>} files
 */
function* lostSources(files) {
  for (const [path, text] of files) {
    if (!path.endsWith('.map')) continue
    /** @type {{ sources: string[] }} */
    const { sources } = JSON.parse(text)
    for (const source of sources) {
      if (!files.has(posix.join(posix.dirname(path), source)))
        yield `${path} leads to ${source}, which is not there: delete dist and build again`
    }
  }
}
