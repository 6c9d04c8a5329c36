import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { withExtras, without, type ExtraDirectives } from './directives.js'
import type { Listen } from './listen.js'
import type { Member } from './member-check.js'
import { block, comment, directive, renderStatements, type Directive, type Statement } from './statements.js'
import { wholeWeights } from './weights.js'
import { headerLine, idComment } from './written-config.js'

/** How new requests are spread over the members. */
export type Algorithm =
  | 'round-robin'
  | 'least-connections'
  | 'ip-hash'
  | { readonly hash: string; readonly consistent?: boolean | undefined }

/** Everything but the members that the configuration depends on. */
export interface ConfigShape {
  readonly upstream: string
  readonly algorithm: Algorithm
  /** Idle connections that each worker keeps to the members, and for how long; undefined keeps none. */
  readonly keepalive: { readonly connectionCount: number; readonly idleMs: number } | undefined
  readonly maxFails: number | undefined
  readonly failTimeoutSeconds: number | undefined
  /** A whole server block; undefined when the user's own one passes to the upstream. */
  readonly server:
    | {
        readonly listen: readonly Listen[]
        readonly serverNames: readonly string[]
        readonly clientKeepAliveMs: number | undefined
      }
    | undefined
  readonly directives: ExtraDirectives
  /** Where requests are logged in our own format; undefined for no log of ours. */
  readonly accessLog: string | undefined
  readonly retryAfterSeconds: number
  /** Where the two servers of our own listen: one answers 503 for an empty group, one tells of Nginx itself. */
  readonly internal: { readonly unavailable: string; readonly status: string }
}

/** A configuration and the name by which Nginx tells that it is in force. */
export interface RenderedConfig {
  readonly text: string
  /** A digest of the rest: the same text has the same generation. */
  readonly generation: string
}

/** What a line of our access log holds: the status, and the seconds until each member that was tried began its answer. */
const logFormat = '$status $upstream_header_time'

export const generationPath = '/generation'
export const statusPath = '/status'

/** The file for these members. A pure function: the same members in any order give the same text. */
export function renderConfig(shape: ConfigShape, members: readonly Member[]): RenderedConfig {
  const sorted = members.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const render = (generation: string): string => renderStatements(statementsOf(shape, sorted, generation))
  const generation = createHash('sha256').update(render('')).digest('hex').slice(0, 16)
  return { text: render(generation), generation }
}

function statementsOf(shape: ConfigShape, members: readonly Member[], generation: string): Statement[] {
  return [
    comment(headerLine(shape.upstream)),
    comment('Written by Flotilla: what is changed here is lost at the next change of the group.'),
    block(['upstream', shape.upstream], upstreamBody(shape, members)),
    unavailableServer(shape),
    statusServer(shape, generation),
    ...(shape.accessLog === undefined
      ? []
      : [directive('log_format', logFormatName(shape.upstream), logFormat)]),
    ...(shape.server === undefined ? [] : frontServer(shape, shape.server, members.length === 0)),
  ]
}

function upstreamBody(shape: ConfigShape, members: readonly Member[]): Statement[] {
  const { algorithm, keepalive, directives, internal } = shape
  // Nginx refuses an empty upstream, and answers 502 when every server in it is down.
  if (members.length === 0) return [directive('server', internal.unavailable)]
  const connections: Directive[] =
    keepalive === undefined
      ? []
      : [
          ['keepalive', String(keepalive.connectionCount)],
          ['keepalive_timeout', `${keepalive.idleMs}ms`],
        ]
  const weights = wholeWeights(members.map(({ weight }) => weight))
  const servers = members.map((member, index) => serverLine(shape, member, weights[index] ?? 1))
  // An algorithm, also one of the caller's own, must come before keepalive.
  return [
    ...algorithmOf(algorithm).map((tokens) => directive(...tokens)),
    ...servers,
    ...(directives.upstream ?? []).map((tokens) => directive(...tokens)),
    ...without(connections, directives.upstream).map((tokens) => directive(...tokens)),
  ]
}

function algorithmOf(algorithm: Algorithm): Directive[] {
  switch (algorithm) {
    case 'round-robin':
      return []
    case 'least-connections':
      return [['least_conn']]
    case 'ip-hash':
      return [['ip_hash']]
    default:
      return [['hash', algorithm.hash, ...(algorithm.consistent === true ? ['consistent'] : [])]]
  }
}

function serverLine(
  { maxFails, failTimeoutSeconds }: ConfigShape,
  { id, host, port }: Member,
  weight: number,
): Statement {
  const tokens: Directive = [
    'server',
    `${isIPv6(host) ? `[${host}]` : host}:${port}`,
    ...(weight === 1 ? [] : [`weight=${weight}`]),
    ...(maxFails === undefined ? [] : [`max_fails=${maxFails}`]),
    ...(failTimeoutSeconds === undefined ? [] : [`fail_timeout=${failTimeoutSeconds}s`]),
  ]
  return { kind: 'directive', tokens, comment: idComment(id) }
}

/** Where the upstream leads while the group is empty. */
function unavailableServer({ internal, retryAfterSeconds }: ConfigShape): Statement {
  return block(
    ['server'],
    [
      directive('listen', internal.unavailable),
      directive('access_log', 'off'),
      directive('client_max_body_size', '0'),
      directive('add_header', 'Retry-After', String(retryAfterSeconds), 'always'),
      directive('return', '503'),
    ],
  )
}

/** What Flotilla asks to learn which configuration is in force, and how much traffic there is. */
function statusServer({ internal }: ConfigShape, generation: string): Statement {
  return block(
    ['server'],
    [
      directive('listen', internal.status),
      directive('access_log', 'off'),
      directive('keepalive_timeout', '0'),
      block(
        ['location', '=', generationPath],
        [directive('default_type', 'text/plain'), directive('return', '200', generation)],
      ),
      block(['location', '=', statusPath], [directive('stub_status')]),
      block(['location', '/'], [directive('return', '404')]),
    ],
  )
}

function frontServer(
  { upstream, directives, accessLog, retryAfterSeconds }: ConfigShape,
  { listen, serverNames, clientKeepAliveMs }: NonNullable<ConfigShape['server']>,
  isEmpty: boolean,
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
        ...withExtras(clients, directives.server),
        ...logging.map((tokens) => directive(...tokens)),
        block(['location', '/'], isEmpty ? refusing : withExtras(passing, directives.location)),
      ],
    ),
  ]
}

/** For a server block of the user's own: `access_log FILE NAME;`. */
export function logFormatName(upstream: string): string {
  return `flotilla_${upstream}`
}

/** A variable of this upstream's own: Nginx refuses two maps to one variable. */
function ownVariable(upstream: string, what: string): string {
  return `$flotilla_${createHash('sha256').update(upstream).digest('hex').slice(0, 8)}_${what}`
}
