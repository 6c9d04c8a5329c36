import type { IncomingHttpHeaders } from 'node:http'

/** Beside all that begin with `x-forwarded`: headers by which proxies tell members who the client is and what it asked for. */
const identityNames = new Set([
  'cf-connecting-ip',
  'fastly-client-ip',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-original-host',
  'x-real-ip',
])

/**
 * Whether a header says who the client is. CGI and WSGI servers take `_` for `-`, so that `X_Real_IP` is the same to a
 * member behind one.
 */
export function isIdentity(name: string): boolean {
  const dashed = name.includes('_') ? name.replaceAll('_', '-') : name
  return dashed.startsWith('x-forwarded') || identityNames.has(dashed)
}

/** Leaves a request without what it says of itself; lower-case names. */
export function removeIdentity(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) if (isIdentity(name)) delete headers[name]
}
