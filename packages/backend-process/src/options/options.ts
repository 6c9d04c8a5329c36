import { constants } from 'node:os'
import { resolve } from 'node:path'
import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { checkEnv, type Environment } from './environment.js'
import { defaultStateDir } from '../book/state-dir.js'

/** How instances are run. */
export interface ProcessesOptions {
  /**
   * The executable, or an array of it and its arguments. No shell reads it: for one, say so:
   * `['sh', '-c', 'exec python3 -m http.server "$PORT"']`.
   */
  readonly command: string | readonly [string, ...string[]]
  /** Arguments after those of `command`. */
  readonly args?: readonly string[] | undefined
  /** Set over the controller's own environment; `undefined` takes a variable away. Values are never stored or printed. */
  readonly env?: Environment | undefined
  /** False starts instances with nothing but `env`, the port and the label. Default true. */
  readonly inheritEnv?: boolean | undefined
  /** Working directory of the instances; default the controller's own. */
  readonly cwd?: string | undefined
  /** Address of this host that instances listen on; default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Variable that tells an instance its port; default `PORT`. */
  readonly portEnv?: string | undefined
  /**
   * First and last port to give out. The default, 20000 to 29999, lies below what Linux and macOS take for outgoing
   * connections, so that none of those can take a port between its choice and the instance's start.
   */
  readonly portRange?: readonly [number, number] | undefined
  /**
   * Where records and logs are kept: a directory of this user on a local disk, not shared between hosts. Who uses the
   * same one is the same owner. Default `$XDG_STATE_HOME/flotilla/processes` (`~/.local/state/...`), on macOS
   * `~/Library/Application Support/flotilla/processes`.
   */
  readonly stateDir?: string | undefined
  /** Asks an instance to end; default `SIGTERM`. */
  readonly stopSignal?: NodeJS.Signals | undefined
  /** Time from `stopSignal` to SIGKILL; default 10,000. */
  readonly graceMs?: number | undefined
  /** Cores that make a `cpu` reading of 1; default 1, all that a single-threaded program can use. */
  readonly cpus?: number | undefined
  /**
   * Bound of an instance's output, bytes: once it is longer, its last half is put aside, in the place of what was put aside
   * before, and it begins anew. Looked at whenever the group is listed. Default 10 MiB.
   */
  readonly maxOutputBytes?: number | undefined
  /** True moves an instance's output to `logs/` in the state directory when it is terminated; default false: it goes. */
  readonly keepLogs?: boolean | undefined
  /** Bound of every call; `terminate` may take `graceMs` longer. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

const defaults = {
  inheritEnv: true,
  host: '127.0.0.1',
  portEnv: 'PORT',
  portRange: [20_000, 29_999] as readonly [number, number],
  stopSignal: 'SIGTERM' as NodeJS.Signals,
  graceMs: 10_000,
  cpus: 1,
  maxOutputBytes: 10 * 2 ** 20,
  keepLogs: false,
  timeoutMs: 10_000,
}

/** The options with every default filled in and every path absolute. */
export interface Settings {
  /** The executable and all its arguments. */
  readonly argv: readonly [string, ...string[]]
  readonly env: Environment
  readonly inheritEnv: boolean
  readonly cwd: string
  readonly host: string
  readonly portEnv: string
  readonly portRange: readonly [number, number]
  readonly stateDir: string
  readonly stopSignal: NodeJS.Signals
  readonly graceMs: number
  readonly cpus: number
  readonly maxOutputBytes: number
  readonly keepLogs: boolean
  readonly timeoutMs: number
}

const isArgument = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0')
const isExecutable = (value: unknown): value is string => isArgument(value) && value !== ''

const command = v.custom<ProcessesOptions['command']>(
  (value) => (Array.isArray(value) ? isExecutable(value[0]) && value.every(isArgument) : isExecutable(value)),
  'an executable, or an array of an executable and its arguments, all strings',
)
const path = v.custom<string>(isExecutable, 'a path')
const port = check.wholeNumber(1, 65_535)

const schema = v.strictObject({
  command,
  args: v.optional(v.array(v.custom<string>(isArgument, 'a string'), 'an array of strings')),
  // Looked at apart, by `checkEnv`: what valibot says of a bad value shows the value.
  env: v.optional(v.custom<Environment>(() => true)),
  inheritEnv: v.optional(v.boolean('true or false')),
  cwd: v.optional(path),
  host: v.optional(
    v.pipe(v.string('a host name or address'), v.regex(/^[\w.:%-]+$/, 'a host name or address')),
  ),
  portEnv: v.optional(
    v.pipe(
      v.string('a variable name'),
      v.regex(/^[A-Za-z_]\w*$/, 'letters, digits and _, not a digit first'),
    ),
  ),
  portRange: v.optional(v.strictTuple([port, port], 'an array of the first and the last port')),
  stateDir: v.optional(path),
  stopSignal: v.optional(
    v.custom<NodeJS.Signals>(
      (name) => typeof name === 'string' && name in constants.signals,
      'a signal of this system',
    ),
  ),
  graceMs: v.optional(check.milliseconds()),
  cpus: v.optional(check.positiveNumber()),
  maxOutputBytes: v.optional(check.wholeNumber(4096)),
  keepLogs: v.optional(v.boolean('true or false')),
  timeoutMs: v.optional(check.milliseconds(1)),
})

/** What `processes` takes. */
export const processesSchema: v.GenericSchema = schema

/** @throws FlotillaError `invalid-options` */
export function readOptions(options: ProcessesOptions): Settings {
  const given = checkOptions('processes', schema, options)
  const portEnv = given.portEnv ?? defaults.portEnv
  const [first, last] = given.portRange ?? defaults.portRange
  if (first > last) {
    throw invalidOption('processes', 'portRange', given.portRange, 'the first port, then one not below it')
  }
  const [executable, ...commandArgs] =
    typeof given.command === 'string' ? ([given.command] as const) : given.command
  return {
    argv: [executable, ...commandArgs, ...(given.args ?? [])],
    env: checkEnv(given.env ?? {}, portEnv),
    inheritEnv: given.inheritEnv ?? defaults.inheritEnv,
    cwd: resolve(given.cwd ?? '.'),
    host: given.host ?? defaults.host,
    portEnv,
    portRange: [first, last],
    stateDir: resolve(given.stateDir ?? defaultStateDir()),
    stopSignal: given.stopSignal ?? defaults.stopSignal,
    graceMs: given.graceMs ?? defaults.graceMs,
    cpus: given.cpus ?? defaults.cpus,
    maxOutputBytes: given.maxOutputBytes ?? defaults.maxOutputBytes,
    keepLogs: given.keepLogs ?? defaults.keepLogs,
    timeoutMs: given.timeoutMs ?? defaults.timeoutMs,
  }
}
