import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDirectory } from './workspace.js'

/*
 * Pages show code that runs: a fence below `<!-- cut PATH -->` or `<!-- cut PATH#REGION -->` is cut from that file, between
 * `// #region REGION` and its `// #endregion`.
 */

const fence =
  /(?<head><!-- cut (?<path>[^\s#]+)(?:#(?<region>[\w-]+))? -->\n+```(?<language>\w+)\n)(?<code>.*?)(?<=\n)```/gs

/** @returns {string[]} pages of the repository that may show code so, as paths */
export function pagesWithCuts() {
  const docs = readdirSync(join(rootDirectory, 'docs')).filter((file) => file.endsWith('.md'))
  return [...docs.map((file) => `docs/${file}`), 'README.md']
}

/**
 * The page with every cut as its file has it now.
 *
 * @param {string} page - markdown
 * @returns {string}
 */
export function withCuts(page) {
  return page.replaceAll(fence, (...found) => {
    const { head, path, region } = found.at(-1)
    return `${head}${cut(path, region)}\`\`\``
  })
}

/**
 * The code of a page that is cut from no file.
 *
 * @param {string} page - markdown
 * @returns {string[]}
 */
export function uncut(page) {
  return [...page.replaceAll(fence, '').matchAll(/```(?:ts|js)\n(.*?)```/gs)].map(([, code = '']) => code)
}

/**
 * @param {string} path - in the repository
 * @param {string} [region]
 * @returns {string} without the marks of regions, and without the indent that all lines have
 */
function cut(path, region) {
  const lines = readFileSync(join(rootDirectory, path), 'utf8').split('\n')
  const from = lines.findIndex((line) => line.trim() === `// #region ${region}`)
  if (region !== undefined && from < 0) throw new Error(`${path} has no region ${region}`)
  const length = lines.slice(from + 1).findIndex((line) => line.trim() === '// #endregion')
  const inside = region === undefined ? lines : lines.slice(from + 1, from + 1 + length)
  const code = inside.filter((line) => !/^\s*\/\/ #(?:end)?region/.test(line))
  const indent = Math.min(...code.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)))
  return `${code
    .map((line) => line.slice(indent))
    .join('\n')
    .trim()}\n`
}
