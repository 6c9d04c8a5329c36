import { posix } from 'node:path'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { filePath } from '../config/checked-text.js'
import { parseListen, type Listen } from '../config/listen.js'
import { block, comment, directive, renderStatements, type Statement } from '../config/statements.js'
import type { NginxOptions } from '../options.js'

/** The setups in which no request is lost to a reload, also of a client that never repeats one. */
export type StrictSetup = 'no-client-keepalive' | 'two-stage' | 'keepalive-min-timeout'

/** Options of `setupFiles()`. */
export interface SetupFilesOptions {
  /** Where clients connect, as in `listen` of `nginx()`: `80`, `'443 ssl'`. */
  readonly listen: number | string
  /** The file that `nginx()` owns, in a directory of its own: every `*.conf` of it is read. */
  readonly configFile: string
  /** Directory for the pid files and the socket between the two stages; default `/run`. */
  readonly runDirectory?: string | undefined
  /** As given to `nginx()`; default 30,000. */
  readonly drainTimeoutMs?: number | undefined
}

/** A setup, ready to be put in place. */
export interface SetupFiles {
  /** Main configuration files by name: the one that is reloaded, and with two stages the one in front of it. */
  readonly files: Readonly<Record<string, string>>
  /** What `nginx()` is to be given to go with them. */
  readonly options: Pick<
    NginxOptions,
    'listen' | 'configFile' | 'clientKeepAliveMs' | 'directives' | 'drainTimeoutMs'
  >
}

const schema = v.strictObject({
  listen: v.union([v.number(), v.string()]),
  configFile: filePath(),
  runDirectory: v.optional(filePath()),
  drainTimeoutMs: v.optional(check.wholeNumber(1, check.longestMs)),
})

const setups: readonly StrictSetup[] = ['no-client-keepalive', 'two-stage', 'keepalive-min-timeout']

const defaults = { runDirectory: '/run', drainTimeoutMs: 30_000 } as const

/** How long a connection that was just used stays open in spite of a reload. */
const minKeepAlive = '5s'

/**
 * Main configurations for a setup in which no request is lost to a reload, and the options that go with them.
 *
 * - `no-client-keepalive`: each connection ends with its answer. The simplest; clients pay with a new connection, and
 *   with TLS a handshake, for each request.
 * - `two-stage`: a front that is never reloaded keeps the clients' connections, and asks the one that is reloaded through
 *   a socket, with a connection for each request. Before a start after a crash the socket must be removed.
 * - `keepalive-min-timeout`: needs Nginx >= 1.27.4. Known from its documentation; not proven here.
 *
 * @throws FlotillaError `invalid-options`
 */
export function setupFiles(setup: StrictSetup, options: SetupFilesOptions): SetupFiles {
  if (!setups.includes(setup)) {
    throw invalidOption('setupFiles', 'setup', setup, setups.map((name) => `'${name}'`).join(', '))
  }
  const given = checkOptions('setupFiles', schema, options)
  const listen = parseListen(given.listen)
  if (listen === undefined) {
    throw invalidOption('setupFiles', 'listen', given.listen, 'a port or an address as `listen` of nginx()')
  }
  const { configFile } = given
  const runDirectory = given.runDirectory ?? defaults.runDirectory
  const drainTimeoutMs = given.drainTimeoutMs ?? defaults.drainTimeoutMs
  const reloaded = renderStatements([
    comment('The Nginx that Flotilla reloads.'),
    ...mainStatements(posix.join(runDirectory, 'nginx.pid')),
    directive('worker_shutdown_timeout', `${drainTimeoutMs}ms`),
    block(['http'], [directive('include', posix.join(posix.dirname(configFile), '*.conf'))]),
  ])
  switch (setup) {
    case 'no-client-keepalive':
      return {
        files: { 'nginx.conf': reloaded },
        options: { listen: given.listen, configFile, drainTimeoutMs, clientKeepAliveMs: 0 },
      }
    case 'keepalive-min-timeout':
      return {
        files: { 'nginx.conf': reloaded },
        options: {
          listen: given.listen,
          configFile,
          drainTimeoutMs,
          directives: { server: [['keepalive_min_timeout', minKeepAlive]] },
        },
      }
    case 'two-stage': {
      const socket = posix.join(runDirectory, 'nginx-inner.sock')
      const front = frontStatements(listen, socket, posix.join(runDirectory, 'nginx-front.pid'))
      return {
        files: { 'nginx.conf': reloaded, 'front.conf': renderStatements(front) },
        options: {
          listen: `unix:${socket}`,
          configFile,
          drainTimeoutMs,
          clientKeepAliveMs: 0,
          // The front knows the client; through a socket there is none to be seen.
          directives: {
            location: [
              ['proxy_set_header', 'X-Forwarded-For', '$http_x_forwarded_for'],
              ['proxy_set_header', 'X-Forwarded-Proto', '$http_x_forwarded_proto'],
            ],
          },
        },
      }
    }
  }
}

function mainStatements(pidFile: string): Statement[] {
  return [
    directive('worker_processes', 'auto'),
    directive('pid', pidFile),
    block(['events'], [directive('worker_connections', '4096')]),
  ]
}

function frontStatements({ address, flags }: Listen, socket: string, pidFile: string): Statement[] {
  return [
    comment(
      'The Nginx that keeps clients’ connections. It need never be reloaded for a change of the group.',
    ),
    ...mainStatements(pidFile),
    block(
      ['http'],
      [
        block(
          ['map', '$http_upgrade', '$flotilla_connection'],
          [directive('default', 'upgrade'), directive('', 'close')],
        ),
        block(
          ['server'],
          [
            directive('listen', address, ...flags),
            // Sizes and times are the inner one's to bound.
            directive('client_max_body_size', '0'),
            block(
              ['location', '/'],
              [
                directive('proxy_pass', `http://unix:${socket}`),
                directive('proxy_http_version', '1.1'),
                directive('proxy_read_timeout', '1h'),
                directive('proxy_send_timeout', '1h'),
                directive('proxy_set_header', 'Host', '$http_host'),
                directive('proxy_set_header', 'Upgrade', '$http_upgrade'),
                directive('proxy_set_header', 'Connection', '$flotilla_connection'),
                directive('proxy_set_header', 'X-Forwarded-For', '$proxy_add_x_forwarded_for'),
                directive('proxy_set_header', 'X-Forwarded-Proto', '$scheme'),
              ],
            ),
          ],
        ),
      ],
    ),
  ]
}
