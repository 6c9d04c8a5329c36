import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { publishedPackages, readManifest, rootDirectory } from '../lib/workspace.js'

/**
 * A page of the repository that the site shows.
 *
 * @typedef {object} Page
 * @property {string} path - in the repository
 * @property {string} name - of its file in the site: `run-a-group`
 * @property {string} title
 * @property {string} group - the heading that it stands under
 * @property {string} text - markdown
 */

const { repository } = /** @type {{ repository: { url: string } }} */ (
  /** @type {unknown} */ (readManifest(rootDirectory))
)

/** Where the forge shows a file of the repository. */
export const forge = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/`

/** Whose order is the reader's; the others follow by name. */
const guides = [
  'run-a-group',
  'choose-a-policy',
  'metrics',
  'test-your-app',
  'write-a-backend',
  'write-a-balancer',
  'write-a-metric-source',
  'write-a-policy',
  'doors',
]

const project = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md']

/** @returns {Page[]} all pages but the README, in order */
export function pages() {
  const names = readdirSync(join(rootDirectory, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -'.md'.length))
  const known = guides.filter((name) => names.includes(name))
  const others = names.filter((name) => !known.includes(name)).toSorted()
  return [
    ...known.map((name) => pageOf(`docs/${name}.md`, 'Guides')),
    ...others.map((name) => pageOf(`docs/${name}.md`, 'Measured')),
    ...project.map((path) => pageOf(path, 'Project')),
  ]
}

/**
 * @param {string} path
 * @param {string} group
 * @returns {Page}
 */
function pageOf(path, group) {
  const text = textOf(path)
  const [, title = path] = /^# (.+)\n/.exec(text) ?? []
  const name = posix.basename(path, '.md').toLowerCase()
  return { path, name, title: title.replaceAll('`', ''), group, text }
}

/**
 * A markdown file whose links lead to the forge, wherever it is shown: those that the site has are led there once they are
 * pages. What is no code is marked as that, so that it is not coloured as if it were.
 *
 * @param {string} path - in the repository
 */
export function textOf(path) {
  return readFileSync(join(rootDirectory, path), 'utf8')
    .replaceAll(
      /\]\((?!#|[a-z]+:)([^)\s#]+)(#[^)\s]*)?\)/g,
      (_, /** @type {string} */ target, hash = '') =>
        `](${forge}${posix.normalize(posix.join(dirname(path), target))}${hash})`,
    )
    .replaceAll(
      /^```(\w*)\n(.*?)^```$/gms,
      (_, language, code) => `\`\`\`${language || 'text'}\n${code}\`\`\``,
    )
}

/**
 * The same without its title.
 *
 * @param {string} path - in the repository
 */
export const bodyOf = (path) => textOf(path).replace(/^# .+\n/, '')

/**
 * What users import, with where it begins and what it is.
 *
 * @returns {{ name: string, file: string, directory: string, isWhole: boolean }[]} `isWhole`: the package's first door
 */
export function doors() {
  return publishedPackages().flatMap(({ name, directory }) => {
    const { exports = {} } = readManifest(directory)
    return Object.entries(exports).flatMap(([entry, target]) => {
      const source = /** @type {Record<string, string>} */ (target)['@flotilla/source']
      if (source === undefined) return []
      const file = join(directory, source)
      return [
        {
          name: name + entry.slice(1),
          file,
          directory: relative(rootDirectory, directory),
          isWhole: entry === '.',
        },
      ]
    })
  })
}

/** @param {string} path - in the repository */
export const isThere = (path) => existsSync(join(rootDirectory, path))
