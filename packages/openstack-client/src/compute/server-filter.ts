import type { QueryValue } from '../session/request.js'

/** Which servers are listed. A filter that is left out matches all. */
export interface ServerFilter {
  /** Regular expression of the cloud's database, on any part of the name. */
  readonly namePattern?: string | undefined
  readonly status?: string | undefined
  /** With all of these tags. From microversion 2.26: on an older cloud the call is refused, since it would list every server. */
  readonly tags?: readonly string[] | undefined
  /** With one of these. */
  readonly tagsAny?: readonly string[] | undefined
  /** Without all of these. */
  readonly notTags?: readonly string[] | undefined
  /** Changed since then, milliseconds since the epoch by the cloud's clock; servers deleted since then are listed too. */
  readonly changesSince?: number | undefined
  readonly imageId?: string | undefined
  readonly flavorId?: string | undefined
  readonly availabilityZone?: string | undefined
  /** Regular expression on the fixed addresses. */
  readonly ip?: string | undefined
  readonly reservationId?: string | undefined
  /** Admins only. */
  readonly host?: string | undefined
  /** Admins only. */
  readonly allProjects?: boolean | undefined
  /** Admins only, with `allProjects`. */
  readonly projectId?: string | undefined
  /** Servers of one page; the cloud's own limit, mostly 1000, holds too. */
  readonly pageSize?: number | undefined
  readonly sortKey?: string | undefined
  readonly sortDirection?: 'asc' | 'desc' | undefined
}

/** The filter as Nova's query. */
export const filterQuery = (filter: ServerFilter): Readonly<Record<string, QueryValue>> => ({
  name: filter.namePattern,
  status: filter.status,
  tags: joined(filter.tags),
  'tags-any': joined(filter.tagsAny),
  'not-tags': joined(filter.notTags),
  'changes-since':
    filter.changesSince === undefined ? undefined : new Date(filter.changesSince).toISOString(),
  image: filter.imageId,
  flavor: filter.flavorId,
  availability_zone: filter.availabilityZone,
  ip: filter.ip,
  reservation_id: filter.reservationId,
  host: filter.host,
  all_tenants: filter.allProjects === true ? 1 : undefined,
  project_id: filter.projectId,
  limit: filter.pageSize,
  sort_key: filter.sortKey,
  sort_dir: filter.sortDirection,
})

/** Below 2.26 Nova ignores a filter by tags. */
export const leastForFilter = ({ tags, tagsAny, notTags }: ServerFilter): string | undefined =>
  [tags, tagsAny, notTags].some((list) => list !== undefined && list.length > 0) ? '2.26' : undefined

const joined = (tags: readonly string[] | undefined): string | undefined =>
  tags === undefined || tags.length === 0 ? undefined : tags.join(',')

/** A pattern that matches every server of the name. It may match others, which are filtered out here. */
export const patternOfName = (name: string): string => `^${name.replace(/[^A-Za-z0-9_-]+/g, '.*')}$`
