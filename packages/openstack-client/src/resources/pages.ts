import { OpenStackError } from '../openstack-error.js'
import type { CallOptions, QueryValue, ServiceCalls } from '../session/request.js'
import type { KnownMicroversions } from '../discovery/microversion.js'
import { Fields } from './fields.js'

/** A listing that comes in pages. */
export interface Listing<T> extends CallOptions {
  /** For messages: `list servers`. */
  readonly what: string
  readonly service: string
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  /** Key of the things in the answer. */
  readonly key: string
  readonly microversion?: KnownMicroversions | undefined
  readonly read: (item: Fields) => T
}

/**
 * The things of a listing, page after page, each page fetched when the one before is used up.
 * Bound and retries are those of one page.
 */
export async function* pages<T>(
  calls: ServiceCalls,
  listing: Listing<T>,
): AsyncGenerator<T, void, undefined> {
  const { what, path, key, read, microversion, signal, timeoutMs } = listing
  const seen = new Set<string>()
  let query = listing.query
  for (;;) {
    const call = { what, method: 'GET', path, query, expects: key, microversion, signal, timeoutMs } as const
    const body = Fields.of((await calls.request(call)).body)
    for (const item of body.list(key)) yield read(item)
    const next = nextQuery(body, key)
    if (next === undefined) return
    // Some services repeat the same page for ever after a marker that they do not know.
    const text = JSON.stringify(next)
    if (seen.has(text)) {
      const problem = `${listing.service}: ${what}: the service gives the same next page again`
      throw new OpenStackError('bad-answer', problem, { service: listing.service })
    }
    seen.add(text)
    query = next
  }
}

/**
 * The query of the next page: `servers_links` of Nova, Neutron and Octavia, `next` of Glance. Only the query of the
 * address is used, because a service behind a front does not know its own.
 */
function nextQuery(body: Fields, key: string): Readonly<Record<string, readonly string[]>> | undefined {
  const link = body.list(`${key}_links`).find((entry) => entry.text('rel') === 'next')
  const href = link?.text('href') ?? body.text('next')
  if (href === undefined || !URL.canParse(href, 'http://any.invalid')) return undefined
  const { searchParams } = new URL(href, 'http://any.invalid')
  const names = [...new Set(searchParams.keys())]
  return Object.fromEntries(names.map((name) => [name, searchParams.getAll(name)]))
}

/** All the things of a listing as an array. */
export async function collect<T>(things: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const thing of things) all.push(thing)
  return all
}
