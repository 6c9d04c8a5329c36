import { namesOfService } from './service-types.js'

/** The value for a service, under any of its names: an address that replaces the catalogue's, or a region. */
export function overrideOf<T>(overrides: ReadonlyMap<string, T>, type: string): T | undefined {
  for (const name of namesOfService(type)) {
    const url = overrides.get(name)
    if (url !== undefined) return url
  }
  return undefined
}

/** Fills the project's id into an address, in each way that catalogues write its place. */
export const fillIn = (url: string, projectId: string | undefined): string =>
  url.replaceAll(/[%$]\((project_id|tenant_id)\)s?/g, projectId ?? '')
