/**
 * An IPv6 address in its one short form, without brackets. Some that are valid are not so to Nginx, which wants `::` to
 * stand for two groups at least.
 */
export function canonicalIPv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1)
}
