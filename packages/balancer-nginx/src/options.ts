import type { Clock } from '@flotilla/core'
import { check, checkOptions } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { filePath, token } from './config/checked-text.js'
import { extraDirectives, type ExtraDirectives } from './config/directives.js'
import type { Algorithm } from './config/config-shape.js'
import { commandsSchema, type NginxCommands, type NginxShell } from './reach/commands/commands.js'
import { dockerConnection, type DockerConnection } from './reach/container/docker-connection.js'

/** Options of `nginx()`. */
export interface NginxOptions {
  /** Name of the upstream: letters, digits and inner `_`, `.` and `-`. A `proxy_pass http://NAME` leads to the group. */
  readonly upstream: string
  /** Name in events and errors; default `nginx`. */
  readonly name?: string | undefined

  /** Name or id of the container that Nginx runs in. Left out, and `commands` too, it runs on this host. */
  readonly container?: string | undefined
  /** Which Docker Engine; default the one that the `docker` command asks. Needs `@flotilla/docker-engine`. */
  readonly docker?: DockerConnection | undefined
  /** How to reach an Nginx anywhere else; `commandsVia` makes it for ssh, sudo and the like. */
  readonly commands?: NginxCommands | NginxShell | undefined
  /** The file that is ours, read inside `http { … }`; default `/etc/nginx/conf.d/flotilla-UPSTREAM.conf`. */
  readonly configFile?: string | undefined
  /** The program; default `nginx`. */
  readonly binary?: string | undefined
  /** Its main configuration file; default the one it was built with. */
  readonly mainConfigFile?: string | undefined
  /** On this host: where the master's process number stands; default what Nginx says. */
  readonly pidFile?: string | undefined

  /**
   * Makes the file a whole server that listens there: a port, or `'127.0.0.1:8080'`, `'[::]:80'`, `'443 ssl'`,
   * `'unix:/run/web.sock'`, or a list of these. Left out, only the upstream is written, for a server block of your own.
   */
  readonly listen?: number | string | readonly (number | string)[] | undefined
  /** With `listen`: names that the server answers to; default any. */
  readonly serverNames?: readonly string[] | undefined
  /**
   * With `listen`: how long clients' idle connections are kept, milliseconds; default Nginx's own, 75,000. With 0 each
   * ends with its answer, and no request can meet a reload.
   */
  readonly clientKeepAliveMs?: number | undefined

  /** How new requests are spread; default `round-robin`. */
  readonly algorithm?: Algorithm | undefined
  /** Idle connections that each worker keeps to the members; default 32, 0 for none. */
  readonly keepAliveConnections?: number | undefined
  /**
   * How long they are kept, milliseconds; default 4000, below the 5 s after which Node's servers close them: a request on
   * a connection that its member is closing is lost.
   */
  readonly keepAliveMs?: number | undefined
  /** Failures in a row after which a member gets no requests for `failTimeoutSeconds`; default Nginx's own, 1; 0 for none. */
  readonly maxFails?: number | undefined
  /** Default Nginx's own, 10. */
  readonly failTimeoutSeconds?: number | undefined
  /** Further directives, by block. */
  readonly directives?: ExtraDirectives | undefined
  /** What a 503 of an empty group tells clients in Retry-After, seconds; default 1. */
  readonly retryAfterSeconds?: number | undefined

  /**
   * How long requests in flight to a removed member may go on, milliseconds; default 30,000. It is to be the same as
   * `worker_shutdown_timeout` in the main configuration, without which Nginx never cuts them.
   */
  readonly drainTimeoutMs?: number | undefined
  /** Bound of each command or call, milliseconds; default 10,000. */
  readonly timeoutMs?: number | undefined
  /** How long a reload may take to come into force, milliseconds; default 10,000. */
  readonly reloadTimeoutMs?: number | undefined

  /**
   * Where two small servers of our own listen, inside Nginx: one answers 503 for an empty group, the other tells the
   * generation and the status. Default: ports 10008 and 10009 of an address 127.x.y.z made of the upstream's name and
   * the file's path.
   */
  readonly internal?: { readonly unavailable: string; readonly status: string } | undefined
  /**
   * Where the second is reached from here, such as `http://172.18.0.2:10009`. It gives metrics, and the exact moment a
   * reload is in force. Default for Nginx on this host: where it listens. Elsewhere it is not asked unless this says
   * where; workers are looked at instead. With false there is no such server.
   */
  readonly statusUrl?: string | false | undefined
  /**
   * With Nginx on this host: a file, read here and rotated by others, for the metrics of latency and status. With
   * `listen`, our server logs there; else write `access_log FILE flotilla_UPSTREAM;` into your own. Default none.
   */
  readonly accessLog?: string | undefined
  /**
   * With a container or commands, and `listen`: a name or address at which the ports of `listen` are reached from here, so
   * that it can be seen who answers clients. Default for a container its own addresses and published ports, for commands
   * none.
   */
  readonly frontHost?: string | undefined
  readonly clock?: Clock | undefined
}

const hash = v.strictObject({
  hash: v.pipe(token(), v.nonEmpty('a text with variables, such as $request_uri')),
  consistent: v.optional(v.boolean()),
})

const schema = v.strictObject({
  upstream: v.pipe(
    v.string('a name'),
    v.regex(
      /^[a-zA-Z0-9](?:[\w.-]{0,61}[a-zA-Z0-9])?$/,
      'letters, digits and inner underscores, dots and hyphens, 1 to 63 characters',
    ),
  ),
  name: v.optional(check.text()),
  container: v.optional(
    v.pipe(v.string(), v.regex(/^[a-zA-Z0-9][\w.-]{0,254}$/, 'the name or the id of a container')),
  ),
  docker: v.optional(dockerConnection()),
  commands: v.optional(commandsSchema()),
  configFile: v.optional(filePath()),
  binary: v.optional(check.text()),
  mainConfigFile: v.optional(filePath()),
  pidFile: v.optional(filePath()),
  listen: v.optional(
    v.union(
      [v.number(), v.string(), v.pipe(v.array(v.union([v.number(), v.string()])), v.minLength(1))],
      'a port, an address with its port, or a list of these',
    ),
  ),
  serverNames: v.optional(v.pipe(v.array(serverName()), v.minLength(1, 'a list of names'))),
  clientKeepAliveMs: v.optional(check.wholeNumber(0, check.longestMs)),
  algorithm: v.optional(
    v.union(
      [v.picklist(['round-robin', 'least-connections', 'ip-hash']), hash],
      "'round-robin', 'least-connections', 'ip-hash' or { hash: '$request_uri' }",
    ),
  ),
  keepAliveConnections: v.optional(check.wholeNumber(0, 100_000)),
  keepAliveMs: v.optional(check.wholeNumber(1, check.longestMs)),
  maxFails: v.optional(check.wholeNumber(0, 1_000_000)),
  failTimeoutSeconds: v.optional(check.wholeNumber(1, 1_000_000)),
  directives: v.optional(extraDirectives()),
  retryAfterSeconds: v.optional(check.wholeNumber(0, 1_000_000)),
  drainTimeoutMs: v.optional(check.milliseconds()),
  timeoutMs: v.optional(check.milliseconds(1)),
  reloadTimeoutMs: v.optional(check.milliseconds(1)),
  internal: v.optional(v.strictObject({ unavailable: v.string(), status: v.string() })),
  statusUrl: v.optional(v.union([v.literal(false), v.string()], 'an http:// address, or false')),
  accessLog: v.optional(filePath()),
  frontHost: v.optional(
    v.pipe(v.string(), v.regex(/^[\w.:-]{1,253}$/, 'a host name or an IP address, without brackets or port')),
  ),
  clock: v.optional(check.having<Clock>('a clock', 'now', 'monotonic', 'sleep')),
})

/** What `nginx` takes. */
export const nginxSchema: v.GenericSchema = schema

/**
 * The options as given, each checked by itself.
 *
 * @throws FlotillaError `invalid-options`
 */
export function checkedOptions(options: NginxOptions): NginxOptions {
  return checkOptions('nginx', schema, options)
}

/** A name, one with a leading or trailing wildcard, or `_`, which stands for none. */
function serverName(): v.GenericSchema<string> {
  const message = 'a host name, which may begin with *. or . or end with .*'
  const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
  const name = `${label}(?:\\.${label})*`
  return v.pipe(
    v.string(message),
    v.maxLength(253, message),
    v.regex(new RegExp(`^(?:(?:\\*?\\.)?${name}|${name}\\.\\*)$`, 'i'), message),
  )
}
