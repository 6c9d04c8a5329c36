/**
 * Who may not import whom. A rule says of files below `from` that they import nothing below `not`. What it
 * is for stands in ARCHITECTURE.md: arrows point one way.
 *
 * @typedef {object} Rule
 * @property {RegExp} from
 * @property {RegExp} not
 * @property {string} why
 */

const core = 'packages/core/src'

/** @type {readonly Rule[]} */
export const rules = [
  {
    from: /^packages\/(?:libvirt|openstack-client)\//,
    not: /^@flotilla\//,
    why: 'vendor clients stand alone',
  },
  {
    from: /^packages\/core\//,
    not: /^@flotilla\//,
    why: 'core knows no vendor',
  },
  {
    from: /^packages\//,
    not: /^@flotilla\/core\/testing$|\/test\//,
    why: 'what tests need is no part of what runs',
  },
  {
    from: /^packages\//,
    not: /^@flotilla\/(?!core$|core\/(?:authoring|forms|testing)$|[a-z-]+$)/,
    why: 'a package is entered by its doors',
  },
  {
    from: new RegExp(`^${core}/(?!testing/)`),
    not: new RegExp(`^${core}/testing/`),
    why: 'what tests need is no part of what runs',
  },
  {
    from: new RegExp(`^${core}/`),
    not: new RegExp(`^${core}/(?:index|authoring|forms)\\.ts$`),
    why: 'a door is for those outside',
  },
  {
    from: new RegExp(`^${core}/(?!controller/|index\\.ts|forms\\.ts)`),
    not: new RegExp(`^${core}/controller/`),
    why: 'the controller uses the rest, and nothing uses it',
  },
  {
    from: new RegExp(`^${core}/(?:async|options|system)/`),
    not: new RegExp(`^${core}/(?:metrics|probes|policies|decide|state|http|authoring)/`),
    why: 'the ground floor rests on nothing',
  },
  {
    from: new RegExp(`^${core}/controller/(?:life|victims|shadows)/`),
    not: new RegExp(`^${core}/controller/(?:drivers|loop|ownership|telling|[^/]+\\.ts$)`),
    why: 'what is pure calls nobody outside',
  },
  {
    from: new RegExp(`^${core}/controller/[^/]+/`),
    not: new RegExp(`^${core}/controller/[^/]+\\.ts$`),
    why: 'rooms of the controller do not know who puts them together',
  },
]

/**
 * The imports that break a rule, in words, and those that leave their own package by a path.
 *
 * @param {import('./imports.js').Imports} imports
 */
export function brokenDoors(imports) {
  return [...imports].flatMap(([file, targets]) =>
    targets.flatMap((target) => {
      const own = /^packages\/[^/]+\/src\//.exec(file)?.[0] ?? ''
      if (/^(?:packages|\.\.)\//.test(target) && !target.startsWith(own)) {
        return [`${file} imports ${target}: a package is entered by its doors`]
      }
      return rules
        .filter(({ from, not }) => from.test(file) && not.test(target))
        .map(({ why }) => `${file} imports ${target}: ${why}`)
    }),
  )
}
