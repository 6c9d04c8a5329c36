import { isIPv6 } from 'node:net'
import * as v from 'valibot'
import type { Address } from '../model.js'

/** The path of a request to an instance, with its query. */
export const requestPath = (): v.GenericSchema<string> => {
  const message = 'a path that begins with / and holds printable ASCII without spaces or #'
  return v.pipe(v.string(message), v.regex(/^\/[!"$-~]*$/, message))
}

/**
 * The address of a path on an instance; an IPv6 host gets its brackets, and loses a zone, which a URL cannot hold.
 *
 * @throws Error when the host is neither a name nor an address, and would change the rest of the URL
 */
export function instanceUrl(scheme: 'http' | 'https', { host, port }: Address, path: string): URL {
  const bare = host.replace(/%[\w.-]*$/, '')
  if (!/^[\w.-]+$/.test(bare) && !isIPv6(bare))
    throw new Error(`invalid host ${JSON.stringify(host.slice(0, 80))}`)
  return new URL(`${scheme}://${isIPv6(bare) ? `[${bare}]` : bare}:${port}${path}`)
}
