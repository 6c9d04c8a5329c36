import type { CallOptions, CommandResult } from '@flotilla/core'
import type { TestVerdict } from '../nginx-api.js'

/** How the nginx program itself is called, wherever it is. */
export interface Program {
  readonly binary: string
  /** Its main configuration file, when it is not the one it was built with. */
  readonly mainConfigFile: string | undefined
}

type RunNginx = (argv: readonly string[], call: CallOptions) => Promise<CommandResult>

/** The whole command for these arguments. */
export function nginxCommand(
  { binary, mainConfigFile }: Program,
  ...args: readonly string[]
): readonly string[] {
  return [binary, ...(mainConfigFile === undefined ? [] : ['-c', mainConfigFile]), ...args]
}

export function verdictOf({ exitCode, stdout, stderr }: CommandResult): TestVerdict {
  return { isAccepted: exitCode === 0, output: `${stdout}${stderr}` }
}

/** `nginx version: nginx/1.22.1` and what packagers add to it. */
export function versionIn(output: string): string {
  return /nginx version: \S+?\/(\S+)/.exec(output)?.[1] ?? 'unknown'
}
