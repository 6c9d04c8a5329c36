import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { doors, forge, isThere, pages } from './pages.js'

const link = /\b(href|src)="([^"]*)"/g

/**
 * Leads the links that the forge would show to the pages that the site has of them.
 *
 * @param {string} site - its folder
 */
export function linkWithin(site) {
  const targets = pagesByPath()
  for (const page of htmlOf(site)) {
    const file = join(site, page)
    const text = readFileSync(file, 'utf8')
    const linked = text.replaceAll(link, (whole, attribute, /** @type {string} */ target) => {
      if (!target.startsWith(forge)) return whole
      const [path = '', hash] = target.slice(forge.length).split('#')
      const shown = targets.get(path)
      if (shown === undefined) return whole
      const way = posix.relative(posix.dirname(page), shown)
      return `${attribute}="${way}${hash === undefined ? '' : `#${hash}`}"`
    })
    if (linked !== text) writeFileSync(file, linked)
  }
}

/**
 * Every link within the site that leads nowhere, and every link to the forge whose file is not in the repository.
 *
 * @param {string} site - its folder
 * @returns {string[]}
 */
export function linkProblems(site) {
  const anchors = new Map(htmlOf(site).map((page) => [page, anchorsOf(join(site, page))]))
  const files = new Set(
    readdirSync(site, { recursive: true, encoding: 'utf8' }).map((file) => file.replaceAll('\\', '/')),
  )
  return [...anchors.keys()].flatMap((page) =>
    [...readFileSync(join(site, page), 'utf8').matchAll(link)].flatMap(([, , target = '']) => {
      const problem = problemOf(target.replaceAll('&amp;', '&'))
      return problem === undefined ? [] : [`${page}: ${target}: ${problem}`]

      /** @param {string} to */
      function problemOf(to) {
        if (to.startsWith(forge)) {
          const [path = ''] = decodeURI(to.slice(forge.length)).split('#')
          return isThere(path) ? undefined : 'the repository has no such file'
        }
        if (/^([a-z]+:|\/\/)/.test(to)) return undefined
        const [path = '', hash = ''] = to.split('#')
        const file = path === '' ? page : posix.normalize(posix.join(dirname(page), decodeURI(path)))
        if (!files.has(file)) return 'the site has no such page'
        const known = anchors.get(file)
        if (hash === '' || known === undefined || known.has(decodeURIComponent(hash))) return undefined
        return 'the page has no such heading'
      }
    }),
  )
}

/** @returns {Map<string, string>} pages of the site by path in the repository */
function pagesByPath() {
  const documents = pages().map(
    ({ path, title }) => /** @type {const} */ ([path, `documents/${fileNameOf(title)}.html`]),
  )
  const readmes = doors()
    .filter(({ isWhole }) => isWhole)
    .map(
      ({ name, directory }) =>
        /** @type {const} */ ([`${directory}/README.md`, `modules/${fileNameOf(name)}.html`]),
    )
  return new Map([...documents, ...readmes, /** @type {const} */ (['README.md', 'index.html'])])
}

/** @param {string} name - of a module or a page: `@flotilla/core` */
const fileNameOf = (name) => name.replaceAll(/[^\w.-]/g, '_')

/**
 * @param {string} site
 * @returns {string[]}
 */
function htmlOf(site) {
  return readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.html'))
    .map((file) => relative('.', file).replaceAll('\\', '/'))
    .toSorted()
}

/**
 * @param {string} file
 * @returns {Set<string>}
 */
function anchorsOf(file) {
  return new Set(
    [...readFileSync(file, 'utf8').matchAll(/\b(?:id|name)="([^"]*)"/g)].map(([, id = '']) => id),
  )
}

/**
 * @param {string} site
 * @returns {{ files: number, bytes: number }}
 */
export function sizeOf(site) {
  const sizes = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .map((file) => statSync(join(site, file)))
    .filter((stat) => stat.isFile())
    .map(({ size }) => size)
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}
