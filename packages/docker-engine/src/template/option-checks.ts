import * as v from 'valibot'
import { isImageReference } from './image-reference.js'

/** A string of one line that is not empty. */
export const oneLine = (what: string): v.GenericSchema<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.pipe(v.string(what), v.regex(/^[^\u0000-\u001f\u007f]+$/, what))

const imageName = 'an image such as web:1 or registry.example/web@sha256:…, in lower case'
export const image: v.GenericSchema<string> = v.pipe(
  v.string(imageName),
  v.check(isImageReference, imageName),
)

/** A name that Docker gives a network or a service. */
export const dockerName = (what: string): v.GenericSchema<string> =>
  v.pipe(v.string(what), v.regex(/^[A-Za-z0-9][\w.-]*$/, what))

/** An engine, or its options, which are looked at when it is opened. */
export const anyObject = <T>(what: string): v.GenericSchema<T> => v.custom<T>(isObject, what)

/** Without a tag the engine would pull every tag there is. */
export function withTag(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1)
  return /[:@]/.test(last) ? name : `${name}:latest`
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
