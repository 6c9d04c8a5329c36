import * as v from 'valibot'

/**
 * The grammar of image references, of github.com/distribution/reference: what the engine refuses at a launch is refused
 * beforehand.
 *
 * @see https://pkg.go.dev/github.com/distribution/reference
 */
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const tag = '[\\w][\\w.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'

const reference = new RegExp(`^(?:${domain}/)?${component}(?:/${component})*(?::${tag})?(?:@${digest})?$`)
const id = /^sha256:[0-9a-f]{64}$/

/** Most characters of a name, without tag and digest. */
const longestName = 255

function isImageReference(text: string): boolean {
  if (id.test(text)) return true
  // Bounded first, so that the pattern cannot be slow.
  if (text.length > longestName + 350 || !reference.test(text)) return false
  const name = text.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  return name.length <= longestName
}

const expected = 'an image such as web:1 or registry.example/web@sha256:…, in lower case'

/** An option that names an image. */
export const imageName: v.GenericSchema<string> = v.pipe(
  v.string(expected),
  v.check(isImageReference, expected),
)

/** The image with its tag: without one the engine would pull every tag there is. */
export function withTag(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1)
  return /[:@]/.test(last) ? name : `${name}:latest`
}
