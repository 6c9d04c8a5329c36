import { check } from '@flotilla/core'
import * as v from 'valibot'
import { filePath } from '../config/checked-text.js'

/** A program and its arguments, run without a shell. */
export type Command = readonly [program: string, ...args: string[]]

/** How an Nginx is reached that is neither on this host nor in a container here. */
export interface NginxCommands {
  /** For messages: `nginx on lb1`. */
  readonly where?: string | undefined
  /** Prints our file; one that is not there may fail, saying so. */
  readonly read: Command
  /** Takes the new text on stdin, and must not put it in place unless it is whole. */
  readonly write: Command
  /** Puts in place what `write` took, at once; for when `write` cannot. */
  readonly commit?: Command | undefined
  readonly remove: Command
  /** `nginx -t` */
  readonly test: Command
  /** Makes the master read its configuration: `nginx -s reload`, `systemctl reload nginx`. */
  readonly reload: Command
  /** `nginx -T`, and `nginx -v`: without them nobody can tell how this installation treats its clients. */
  readonly dump?: Command | undefined
  readonly version?: Command | undefined
  /**
   * Lists the processes there, one a line: number, parent's number, title; `ps -eo pid=,ppid=,args=`. Without it nobody
   * sees when old workers have gone, and every drain lasts `drainTimeoutMs`.
   */
  readonly processes?: Command | undefined
}

/** What the commands of `commandsVia` are about. */
export interface CommandsViaOptions {
  /** The file that Flotilla owns there. */
  readonly configFile: string
  /** Default `nginx`. */
  readonly binary?: string | undefined
  readonly where?: string | undefined
}

const word = v.pipe(
  v.string('a text'),
  v.regex(/^[\w./:@%+=,-]+$/, 'a text that no shell reads anything into'),
)

export const command = (): v.GenericSchema<Command> => {
  const message = 'a program and its arguments, a list of texts without control characters'
  return v.custom<Command>(
    (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value[0] !== '' &&
      value.every((item) => typeof item === 'string' && !item.includes('\0')),
    message,
  )
}

export const commandsSchema = (): v.GenericSchema<NginxCommands> =>
  v.strictObject({
    where: v.optional(check.text()),
    read: command(),
    write: command(),
    commit: v.optional(command()),
    remove: command(),
    test: command(),
    reload: command(),
    dump: v.optional(command()),
    version: v.optional(command()),
    processes: v.optional(command()),
  })

export const commandsViaSchema = (): v.GenericSchema<CommandsViaOptions & { readonly prefix: Command }> =>
  v.strictObject({
    prefix: command(),
    configFile: filePath(),
    binary: v.optional(word),
    where: v.optional(check.text()),
  })
