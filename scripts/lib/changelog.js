/**
 * What the changelog of the workspace says of one package: its items that name it, and those that name none.
 *
 * @param {string} name - `@flotilla/core`
 * @param {string} whole
 */
export function changelogOf(name, whole) {
  const [head = '', ...versions] = whole.split(/^(?=## )/m)
  const parts = versions.map((version) => {
    const [title = '', ...items] = version.split(/^(?=- |### )/m)
    const own = items.filter((item) => item.startsWith('### ') || concerns(name, item))
    // A heading without an item below it says nothing.
    const filled = own.filter((item, index) => item.startsWith('- ') || own[index + 1]?.startsWith('- '))
    return `${title.trim()}\n\n${filled.length === 0 ? 'Nothing that concerns this package.' : filled.join('').trim()}\n`
  })
  return `${head.trim()}\n\n${parts.join('\n')}`
}

/**
 * @param {string} name
 * @param {string} item
 */
function concerns(name, item) {
  const named = item.match(/@flotilla\/[a-z-]+(?:\/[a-z]+)?/g) ?? []
  return named.length === 0 || named.some((one) => one === name || one.startsWith(`${name}/`))
}

/**
 * The changelog with its unreleased part made a version.
 *
 * @param {string} whole
 * @param {string} version
 * @param {string} date - `2026-11-30`
 */
export function withRelease(whole, version, date) {
  const heading = /^## .*\(unreleased\)$/m
  if (!heading.test(whole)) throw new Error('CHANGELOG.md has no part that is (unreleased)')
  return whole.replace(heading, `## ${version} (${date})`)
}
