import { namesOfService } from './service-types.js'

/** What is said of this one service, under any of its names: an address that stands in for the catalogue's, a region. */
export function overrideOf<T>(overrides: ReadonlyMap<string, T>, type: string): T | undefined {
  for (const name of namesOfService(type)) {
    const url = overrides.get(name)
    if (url !== undefined) return url
  }
  return undefined
}

/** Fills the project's id into an address that has a place for it, in each way that it is written. */
export const fillIn = (url: string, projectId: string | undefined): string =>
  url.replaceAll(/[%$]\((project_id|tenant_id)\)s?/g, projectId ?? '')
