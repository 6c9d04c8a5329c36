import { resolve } from 'node:path/posix'
import type { CommandResult } from '@flotilla/core/authoring'
import type { TestVerdict } from '../nginx-api.js'
import { parseConfig } from '../setup/config-tree.js'
import { installationFrom, lastOf } from '../setup/installation.js'

/** How the nginx program itself is called, wherever it is. */
export interface Program {
  readonly binary: string
  /** Its main configuration file, when it is not the one it was built with. */
  readonly mainConfigFile: string | undefined
}

/** The whole command for these arguments. */
export function nginxCommand(
  { binary, mainConfigFile }: Program,
  ...args: readonly string[]
): readonly string[] {
  return [binary, ...(mainConfigFile === undefined ? [] : ['-c', mainConfigFile]), ...args]
}

/** What came of `nginx -t` or `nginx -T`: the latter prints the whole configuration besides. */
export function verdictOf({ exitCode, stdout, stderr }: CommandResult): TestVerdict {
  const isAccepted = exitCode === 0
  const hasDump = isAccepted && stdout.includes('# configuration file ')
  return { isAccepted, output: hasDump ? stderr : `${stdout}${stderr}`, dump: hasDump ? stdout : undefined }
}

/** `nginx version: nginx/1.22.1` and what packagers add to it. */
export function versionIn(output: string): string {
  return /nginx version: \S+?\/(\S+)/.exec(output)?.[1] ?? 'unknown'
}

/** Where an Nginx has its files by what `nginx -V` says of how it was built. */
export interface BuiltPaths {
  readonly prefix: string
  readonly pidFile: string
  readonly mainConfigFile: string
}

export function builtPaths(output: string): BuiltPaths {
  const built = (option: string): string | undefined =>
    new RegExp(String.raw`--${option}=(\S+)`).exec(output)?.[1]
  const prefix = built('prefix') ?? '/usr/local/nginx'
  return {
    prefix,
    pidFile: resolve(prefix, built('pid-path') ?? 'logs/nginx.pid'),
    mainConfigFile: resolve(prefix, built('conf-path') ?? 'conf/nginx.conf'),
  }
}

/**
 * The pid file that a configuration names; undefined when it names none.
 *
 * @param text - of the main file, or of all files as `nginx -T` prints them
 */
export function pidFileIn(text: string, prefix: string): string | undefined {
  const given = text.startsWith('# configuration file ')
    ? valueOr(() => installationFrom(text).pidFile)
    : valueOr(() => lastOf(parseConfig(text), 'pid')?.args[0])
  return given === undefined ? undefined : resolve(prefix, given)
}

/** Undefined for a configuration that is broken, or has parts that are not Nginx's own language. */
function valueOr<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
