import type { MicroversionRange } from './microversion.js'
import { apiOf, hrefAtHost, upToVersion, versionInPath, withoutSlash } from './service-api.js'
import { newestOf, readVersionDocument } from './version-document.js'

/** Where a service's API is, and what it offers. */
export interface Discovered {
  /** Without a slash at its end. */
  readonly url: string
  readonly microversions: MicroversionRange | undefined
}

/** The JSON at an address, as whoever is signed in; undefined when the answer is none. */
export type ReadJson = (url: string) => Promise<unknown>

/**
 * Finds the API of a service at the address that the catalogue gives, with one call or none.
 * Where the document is missing or says nothing of the version spoken here, the usual path is taken.
 */
export async function discover(service: string, endpoint: string, read: ReadJson): Promise<Discovered> {
  const address = withoutSlash(endpoint)
  const api = apiOf(service)
  if (api === undefined) return { url: address, microversions: undefined }
  if (versionInPath(address) !== undefined) {
    if (!api.hasMicroversions) return { url: address, microversions: undefined }
    // A version's document is at the version itself; the address may go on with the project's id.
    const versions = readVersionDocument(await read(`${upToVersion(address)}/`))
    return { url: address, microversions: newestOf(versions, api.major)?.microversions }
  }
  const found = newestOf(readVersionDocument(await read(`${address}/`)), api.major)
  const usual = { url: `${address}${api.path}`, microversions: found?.microversions }
  if (found === undefined || api.path === '') return usual
  return { ...usual, url: hrefAtHost(address, found.href) ?? usual.url }
}
