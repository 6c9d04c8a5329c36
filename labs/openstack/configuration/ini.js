/** @typedef {Record<string, Record<string, string | number | boolean>>} Sections */

/**
 * A configuration file as OpenStack's services read it.
 *
 * @param {Sections} sections
 */
export function iniText(sections) {
  return Object.entries(sections)
    .map(([name, settings]) => {
      const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`)
      return `[${name}]\n${lines.join('')}`
    })
    .join('\n')
}
