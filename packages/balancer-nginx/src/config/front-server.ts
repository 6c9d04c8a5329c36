import { createHash } from 'node:crypto'
import type { ConfigShape } from './config-shape.js'
import { withExtras } from './directives.js'
import { block, directive, type Directive, type Statement } from './statements.js'

/**
 * What a line of our access log holds: the status, and the seconds until each member that was tried began its answer. A
 * server block of the user's own may name it too.
 */
export function logFormat(upstream: string): Statement {
  return directive('log_format', logFormatName(upstream), '$status $upstream_header_time')
}

/** The server that clients meet. */
export function frontServer(
  { upstream, directives, accessLog, retryAfterSeconds }: ConfigShape,
  { listen, serverNames, clientKeepAliveMs }: NonNullable<ConfigShape['server']>,
  { isEmpty, generation }: { readonly isEmpty: boolean; readonly generation: string },
): Statement[] {
  const connection = ownVariable(upstream, 'connection')
  const host = ownVariable(upstream, 'host')
  const clients: Directive[] =
    clientKeepAliveMs === undefined ? [] : [['keepalive_timeout', `${clientKeepAliveMs}ms`]]
  const logging: Directive[] =
    accessLog === undefined
      ? []
      : [['access_log', accessLog, logFormatName(upstream), 'buffer=32k', 'flush=1s']]
  const passing: Directive[] = [
    ['proxy_pass', `http://${upstream}`],
    ['proxy_http_version', '1.1'],
    ['proxy_connect_timeout', '3s'],
    ['proxy_set_header', 'Host', host],
    ['proxy_set_header', 'Upgrade', '$http_upgrade'],
    ['proxy_set_header', 'Connection', connection],
    ['proxy_set_header', 'X-Forwarded-For', '$proxy_add_x_forwarded_for'],
    ['proxy_set_header', 'X-Forwarded-Proto', '$scheme'],
  ]
  // It comes before whatever else the location does.
  const refusing = [
    directive('add_header', 'Retry-After', String(retryAfterSeconds), 'always'),
    directive('return', '503'),
  ]
  return [
    // WebSockets ask for an upgrade; every other request leaves the connection to the member open for the next one.
    block(['map', '$http_upgrade', connection], [directive('default', 'upgrade'), directive('', '')]),
    // With its port, where the client gave one; HTTP/1.0 need not name a host at all.
    block(['map', '$http_host', host], [directive('default', '$http_host'), directive('', '$host')]),
    block(
      ['server'],
      [
        ...listen.map(({ address, flags }) => directive('listen', address, ...flags)),
        directive('server_name', ...serverNames),
        ...beforeRewrites(upstream, directives.server),
        ...withExtras(clients, directives.server),
        ...logging.map((tokens) => directive(...tokens)),
        // Who is answered here has met this server, with this generation.
        block(
          ['location', '=', markerPath(upstream)],
          [
            directive('access_log', 'off'),
            directive('default_type', 'text/plain'),
            directive('return', '200', generation),
          ],
        ),
        block(['location', '/'], [...(isEmpty ? refusing : []), ...withExtras(passing, directives.location)]),
      ],
    ),
  ]
}

/** Where the clients' server tells its generation, so that it can be seen from outside who answers on its port. */
export function markerPath(upstream: string): string {
  return `/.flotilla/${digestOf(upstream)}/generation`
}

/** What the caller's own directives do before a location is looked for must not keep the marker from being found. */
function beforeRewrites(upstream: string, given: readonly Directive[] = []): Statement[] {
  const isRewritten = given.some(([name]) => name === 'rewrite' || name === 'return')
  return isRewritten ? [block(['if', '($uri', '=', `${markerPath(upstream)})`], [directive('break')])] : []
}

/** A variable of this upstream's own: Nginx refuses two maps to one variable. */
function ownVariable(upstream: string, what: string): string {
  return `$flotilla_${digestOf(upstream)}_${what}`
}

const logFormatName = (upstream: string): string => `flotilla_${upstream}`

const digestOf = (upstream: string): string => createHash('sha256').update(upstream).digest('hex').slice(0, 8)
