import { checkOptions } from '@flotilla/core/authoring'
import { commandsViaSchema, type Command, type CommandsViaOptions, type NginxShell } from './commands.js'

/**
 * How an Nginx is reached through another program, put before a shell over there: `['ssh', 'lb1']`, `['sudo', '-n']`,
 * `['docker', 'exec', '-i', 'lb']`. It must pass its stdin on.
 *
 * No message shows more of the prefix than its program, and the host of a plain `ssh HOST`: the rest may hold a secret.
 *
 * @throws FlotillaError `invalid-options`
 */
export function commandsVia(prefix: Command, options: CommandsViaOptions): NginxShell {
  const {
    prefix: given,
    where,
    ...rest
  } = checkOptions('commandsVia', commandsViaSchema(), {
    ...options,
    prefix,
  })
  return { where: where ?? `nginx via ${shown(given)}`, shell: [...given, 'sh', '-s'], ...rest }
}

function shown([program, ...args]: Command): string {
  const [only] = args
  return program === 'ssh' && args.length === 1 && only !== undefined ? `ssh ${only}` : program
}
