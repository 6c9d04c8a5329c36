import { OpenStackError } from '../openstack-error.js'

/**
 * A path with each value encoded: ``path`/servers/${id}` ``.
 *
 * @throws OpenStackError `invalid-options` for a value that would make another path of it: empty, `.` or `..`
 */
export function path(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((before, part, index) => {
    const value = values[index - 1] ?? ''
    if (value === '' || value === '.' || value === '..') {
      throw new OpenStackError(
        'invalid-options',
        `an id must be a name of its own, got ${JSON.stringify(value)}`,
      )
    }
    return `${before}${encodeURIComponent(value)}${part}`
  })
}
