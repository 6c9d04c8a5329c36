import { checkOptions } from '@flotilla/core'
import { commandsViaSchema, type Command, type CommandsViaOptions, type NginxCommands } from './commands.js'

/**
 * The commands for an Nginx that is reached through another program, put before each of them: `['ssh', 'lb1']`,
 * `['sudo', '-n']`, `['docker', 'exec', '-i', 'lb']`.
 *
 * ssh hands its arguments to a shell over there, so nothing in these commands means anything to a shell.
 *
 * @throws FlotillaError `invalid-options`
 */
export function commandsVia(prefix: Command, options: CommandsViaOptions): NginxCommands {
  const {
    configFile,
    binary = 'nginx',
    where,
  } = checkOptions('commandsVia', commandsViaSchema(), {
    ...options,
    prefix,
  })
  const via = (...argv: readonly string[]): Command => [...prefix, ...argv]
  return {
    where: where ?? `nginx via ${prefix.join(' ')}`,
    read: via('cat', configFile),
    write: via('tee', `${configFile}.tmp`),
    commit: via('mv', '-f', `${configFile}.tmp`, configFile),
    remove: via('rm', '-f', configFile),
    test: via(binary, '-t'),
    reload: via(binary, '-s', 'reload'),
    dump: via(binary, '-T'),
    version: via(binary, '-v'),
    processes: via('ps', '-eo', 'pid=,ppid=,args='),
  }
}
