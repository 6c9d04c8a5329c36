/** Writes docs/doors.md: every export of each door of `@flotilla/core`, with the first sentence of its docstring. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { doors, exportsOf, groupsOf } from './lib/door-exports.js'
import { rootDirectory } from './lib/workspace.js'

const intro = `# The doors of @flotilla/core

Each name that can be imported, by the door it stands in. Users need the first; authors of backends, balancers, metric sources and
policies the second as well; tests the third. What is not here is not exported. \`@flotilla/core/forms\` says how each
option is written in a file, for [@flotilla/config](../packages/config/README.md). Written by \`node scripts/doors-page.js\`.
`

/** Of what has no docstring to take it from. */
const known = new Map([
  ['check', 'Schemas of single options: `check.milliseconds()`, `check.name()`, `check.text()` and others'],
])

const sections = doors.map(({ name, file }) => {
  const exported = exportsOf(file)
  const groups = groupsOf(file).map(({ title, names }) => {
    const lines = names.map((one) => `- \`${one}\`: ${sentenceOf(one, exported.get(one) ?? file)}`)
    return `### ${title}\n\n${lines.join('\n')}\n`
  })
  return `## ${name}\n\n${groups.join('\n')}`
})
writeFileSync(join(rootDirectory, 'docs/doors.md'), `${intro}\n${sections.join('\n')}`)

/**
 * @param {string} name
 * @param {string} file - where it is declared
 */
function sentenceOf(name, file) {
  const text = readFileSync(join(rootDirectory, file), 'utf8')
  const declared = `export (?:declare )?(?:abstract )?(?:async )?(?:function\\*?|const|class|interface|type) ${name}\\b`
  const found = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*?)\\*/\\s*\\n${declared}`).exec(text)
  const words = (found?.[1] ?? '')
    .replaceAll(/^\s*\* ?/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const prose = words.split(/ @|```|, with "/)[0] ?? ''
  const sentence = /^(.*?[.:?])(?: [A-Z`-]|$)/.exec(prose)?.[1] ?? prose
  const shown = sentence.replace(/[.:]$/, '').trim()
  return shown === '' ? (known.get(name) ?? '') : shown
}
