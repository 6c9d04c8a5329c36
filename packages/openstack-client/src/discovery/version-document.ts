import { Fields } from '../resources/fields.js'
import { isMicroversion, type MicroversionRange } from './microversion.js'

/** One version of a service's API. */
export interface ApiVersion {
  readonly major: number
  readonly minor: number
  readonly status: string
  /** The service's own idea of its address; empty where it has none. */
  readonly href: string
  /** Absent where the service has no microversions. */
  readonly microversions: MicroversionRange | undefined
}

/**
 * Reads a version document in each of the services' shapes: `versions: [...]`, Keystone's `versions: {values: [...]}`,
 * and `version: {...}` at the address of one version. Any other JSON gives an empty list.
 */
export function readVersionDocument(body: unknown): readonly ApiVersion[] {
  const document = Fields.of(body)
  const single = document.fields('version')
  const entries = [
    ...(single.text('id') === undefined ? [] : [single]),
    ...document.list('versions'),
    ...document.fields('versions').list('values'),
  ]
  return entries.map(readVersion).filter((version) => version !== undefined)
}

function readVersion(entry: Fields): ApiVersion | undefined {
  const id = /^v?(\d+)(?:\.(\d+))?$/.exec(entry.text('id') ?? '')
  if (id === null) return undefined
  // Nova calls the newest `version`, the others `max_version`.
  const min = entry.text('min_version')
  const max = entry.text('max_version') ?? entry.text('version')
  const hasRange = min !== undefined && max !== undefined && isMicroversion(min) && isMicroversion(max)
  const self = entry.list('links').find((link) => link.text('rel') === 'self')
  return {
    major: Number(id[1]),
    minor: Number(id[2] ?? 0),
    status: entry.text('status') ?? '',
    href: self?.text('href') ?? '',
    microversions: hasRange ? { min, max } : undefined,
  }
}

/** The newest version of a major number; the one with microversions before one without. */
export function newestOf(versions: readonly ApiVersion[], major: number): ApiVersion | undefined {
  const fitting = versions.filter(
    (version) => version.major === major && !/DEPRECATED_?OFF/i.test(version.status),
  )
  return fitting.toSorted((a, b) => b.minor - a.minor)[0]
}
