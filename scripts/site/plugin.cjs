const { readFileSync } = require('node:fs')

/**
 * What of TypeDoc is used here. Its classes come with it, and are nowhere else.
 *
 * @typedef {{ name: string, readme?: { kind: 'text', text: string }[] }} Reflection
 * @typedef {{ getSymbolFromReflection(reflection: Reflection): { declarations?: { fileName?: string }[] } | undefined }} Context
 * @typedef {{ converter: { on(event: string, listener: (context: Context, reflection: Reflection) => void): void } }} TypeDoc
 */

/**
 * Gives each door of a package its name and its README. Loaded by TypeDoc, which `scripts/docs.js` runs.
 *
 * @param {TypeDoc} app
 */
exports.load = (app) => {
  const file = process.env['FLOTILLA_DOORS'] ?? ''
  /** @type {Readonly<Record<string, { name: string, readme: string }>>} */
  const doors = JSON.parse(readFileSync(file, 'utf8'))
  app.converter.on('createDeclaration', (context, reflection) => {
    const door = doors[context.getSymbolFromReflection(reflection)?.declarations?.[0]?.fileName ?? '']
    if (door === undefined) return
    reflection.name = door.name
    reflection.readme = [{ kind: 'text', text: door.readme }]
  })
}
