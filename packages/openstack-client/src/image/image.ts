import type { QueryValue } from '../session/request.js'
import type { Fields } from '../resources/fields.js'

/** An image. Times are milliseconds since the epoch. */
export interface Image {
  readonly id: string
  readonly name: string
  /** `queued`, `saving`, `active`, `killed`, `deleted`, `deactivated`, ... */
  readonly status: string
  readonly visibility: string
  /** Undefined until it has data. */
  readonly sizeBytes: number | undefined
  readonly minDiskGib: number
  readonly minRamMib: number
  readonly diskFormat: string | undefined
  readonly containerFormat: string | undefined
  readonly isProtected: boolean
  readonly checksum: string | undefined
  readonly ownerId: string | undefined
  readonly tags: readonly string[]
  readonly createdAt: number | undefined
  readonly updatedAt: number | undefined
  /** Everything else that it has as text: `os_distro`, `hw_rng_model`, your own. */
  readonly properties: Readonly<Record<string, string>>
}

/** Which images are listed. */
export interface ImageFilter {
  readonly name?: string | undefined
  readonly status?: string | undefined
  readonly visibility?: 'public' | 'private' | 'shared' | 'community' | 'all' | undefined
  readonly ownerId?: string | undefined
  /** All of them. */
  readonly tags?: readonly string[] | undefined
  /** With these very values. */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** Such as `created_at:desc`. Default: newest first. */
  readonly sort?: string | undefined
  /** Images of one page. Default: the service's own, mostly 25. */
  readonly pageSize?: number | undefined
}

/** Names that Glance itself has; what is not among them is a property. */
const ownNames: ReadonlySet<string> = new Set(
  (
    'id name status visibility size virtual_size min_disk min_ram disk_format container_format protected checksum ' +
    'owner tags created_at updated_at self file schema locations direct_url os_hidden os_hash_algo os_hash_value stores'
  ).split(' '),
)

export const readImage = (json: Fields): Image => ({
  id: json.text('id') ?? '',
  name: json.text('name') ?? '',
  status: json.text('status') ?? '',
  visibility: json.text('visibility') ?? '',
  sizeBytes: json.number('size'),
  minDiskGib: json.number('min_disk') ?? 0,
  minRamMib: json.number('min_ram') ?? 0,
  diskFormat: json.text('disk_format'),
  containerFormat: json.text('container_format'),
  isProtected: json.flag('protected') ?? false,
  checksum: json.text('checksum'),
  ownerId: json.text('owner'),
  tags: json.texts('tags'),
  createdAt: json.time('created_at'),
  updatedAt: json.time('updated_at'),
  properties: Object.fromEntries(
    Object.entries(json.raw).filter(
      (entry): entry is [string, string] => !ownNames.has(entry[0]) && typeof entry[1] === 'string',
    ),
  ),
})

/** The filter as Glance's query. Properties stand among its own names. */
export const imageQuery = (filter: ImageFilter): Readonly<Record<string, QueryValue>> => ({
  ...filter.properties,
  // A comma or a colon in a value of a plain filter would mean a list or an operator.
  name: filter.name === undefined ? undefined : plainValue(filter.name),
  status: filter.status,
  visibility: filter.visibility,
  owner: filter.ownerId,
  tag: filter.tags,
  sort: filter.sort,
  limit: filter.pageSize,
})

const plainValue = (name: string): string =>
  /[,:"]/.test(name) ? `in:"${name.replaceAll('"', '\\"')}"` : name
