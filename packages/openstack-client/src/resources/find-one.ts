import { isNotFound, OpenStackError } from '../openstack-error.js'

/** What can be looked for. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** How a thing is looked for. */
export interface Search<T extends Named> {
  readonly service: string
  /** For messages: `image`. */
  readonly kind: string
  readonly nameOrId: string
  /** The thing with an id. Left out where ids are of any form, and `named` gives all there are. */
  readonly get?: ((id: string) => Promise<T>) | undefined
  /** Things that may have the name; those with another are ignored. */
  readonly named: (name: string) => AsyncIterable<T>
}

/**
 * The thing with this id; else the only one with this name; undefined when there is none.
 *
 * @throws OpenStackError `ambiguous` when several have the name
 */
export async function findOne<T extends Named>(search: Search<T>): Promise<T | undefined> {
  const { service, kind, nameOrId, get, named } = search
  if (get !== undefined && isUuid(nameOrId)) {
    try {
      return await get(nameOrId)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  const found: T[] = []
  for await (const thing of named(nameOrId)) {
    if (thing.id === nameOrId) return thing
    if (thing.name === nameOrId) found.push(thing)
  }
  if (found.length > 1) {
    const ids = found.slice(0, 5).map(({ id }) => id)
    const more = found.length > ids.length ? ', ...' : ''
    const text = `${service}: find ${kind} ${nameOrId}: ${found.length} have the name: ${ids.join(', ')}${more}; use the id`
    throw new OpenStackError('ambiguous', text, { service })
  }
  return found[0]
}

/** With dashes or, as Keystone writes them, without. */
const isUuid = (text: string): boolean =>
  /^[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}$/i.test(text)
