import type { ContainerFacts } from './engine/container-facts.js'

/** How a container ended, in words. */
export function exitInWords({ details, statusText }: ContainerFacts, wasOutOfMemory: boolean): string {
  const code = details?.ExitCode ?? codeIn(statusText)
  if (details?.OOMKilled === true || wasOutOfMemory) {
    return `ran out of memory, exit code ${code ?? 'unknown'}`
  }
  const error = details?.Error ? `: ${details.Error}` : ''
  return `${codeInWords(code)}${error}`
}

/** `exited with code 139 (SIGSEGV)` */
export function codeInWords(code: number | undefined): string {
  if (code === undefined) return 'exited'
  const meaning = meanings[code] ?? signals[code - 128]
  return `exited with code ${code}${meaning === undefined ? '' : ` (${meaning})`}`
}

const meanings: Readonly<Record<number, string>> = {
  125: 'the engine could not run it',
  126: 'the command could not be run',
  127: 'the command was not found',
}

/** Of Linux on every processor that containers run on; what ends a process has the code 128 and its number. */
const signals: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  31: 'SIGSYS',
}

/** `Exited (137) 2 seconds ago` */
function codeIn(statusText: string | undefined): number | undefined {
  const [, code] = /^(?:Exited|Restarting) \((\d+)\)/.exec(statusText ?? '') ?? []
  return code === undefined ? undefined : Number(code)
}
