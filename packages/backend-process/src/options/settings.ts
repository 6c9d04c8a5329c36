import { constants } from 'node:os'
import { resolve } from 'node:path'
import { check, checkOptions, invalidOption, templateHash } from '@flotilla/core/authoring'
import * as v from 'valibot'
import type { ProcessesOptions } from '../options.js'
import { checkEnv, type Environment } from './environment.js'
import { defaultStateDir } from '../book/state-dir.js'

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

/**
 * A short hash of all that makes an instance what it is; two of the same hash were started alike. What the controller's
 * own environment adds is left out: it differs from one start of the controller to the next.
 */
export function hashOf({ argv, env, inheritEnv, cwd, host, portEnv }: Settings): string {
  // A variable that is taken away is not the same as one that is left alone.
  const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? null]))
  return templateHash({ argv, env: variables, inheritEnv, cwd, host, portEnv })
}
