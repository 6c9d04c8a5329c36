import { namesOfService } from './service-types.js'

/** An address that stands in for the catalogue's, under any of the service's names. */
export function overrideOf(overrides: ReadonlyMap<string, string>, type: string): string | undefined {
  for (const name of namesOfService(type)) {
    const url = overrides.get(name)
    if (url !== undefined) return url
  }
  return undefined
}

/** Fills the project's id into an address that has a place for it, in each way that it is written. */
export const fillIn = (url: string, projectId: string | undefined): string =>
  url.replaceAll(/[%$]\((project_id|tenant_id)\)s?/g, projectId ?? '')
