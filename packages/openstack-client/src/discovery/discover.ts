import type { MicroversionRange } from './microversion.js'
import { apiOf, hrefAtHost, upToVersion, versionInPath, withoutSlash } from './service-api.js'
import { newestOf, readVersionDocument } from './version-document.js'

/** A service's API: its address and microversions. */
export interface Discovered {
  /** Without a slash at its end. */
  readonly url: string
  readonly microversions: MicroversionRange | undefined
}

/** Reads the JSON at an address with our token; undefined when the answer is none. */
export type ReadJson = (url: string) => Promise<unknown>

/**
 * Finds the API of a service at the address that the catalogue gives, with one call or none.
 * Without a document, or without our version in it, the usual path is taken.
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
