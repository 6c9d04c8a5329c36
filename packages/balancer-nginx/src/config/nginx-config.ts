import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Algorithm, ConfigShape } from './config-shape.js'
import { without } from './directives.js'
import { frontServer, logFormat } from './front-server.js'
import { statusServer, unavailableServer } from './internal-servers.js'
import type { Member } from './member-check.js'
import { block, comment, directive, renderStatements, type Directive, type Statement } from './statements.js'
import { nginxWeights } from './weights.js'
import { headerLine, idComment } from './written-config.js'

/** A configuration and the name by which Nginx tells that it is in force. */
export interface RenderedConfig {
  readonly text: string
  /** A digest of the rest: the same text has the same generation. */
  readonly generation: string
}

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
    ...statusServer(shape, generation),
    ...(shape.accessLog === undefined ? [] : [logFormat(shape.upstream)]),
    ...(shape.server === undefined
      ? []
      : frontServer(shape, shape.server, { isEmpty: members.length === 0, generation })),
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
  const weights = nginxWeights(members.map(({ weight }) => weight))
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
