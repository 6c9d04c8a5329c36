import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'
import { filePath } from '../../config/checked-text.js'

/** A program and its arguments, run without a shell. */
export type Command = readonly [program: string, ...args: string[]]

/** How an Nginx is reached that is neither on this host nor in a container here: by commands of your own, one a step. */
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
  /**
   * `nginx -T`, which then stands for `test`, and `nginx -v`: without the first nobody sees whether our file is read, or
   * another server answers in our place.
   */
  readonly dump?: Command | undefined
  readonly version?: Command | undefined
  /**
   * Lists the processes there, one a line: number, parent's number, title; `ps -eo pid=,ppid=,args=`. Without it nobody
   * sees when old workers have gone, and every drain lasts `drainTimeoutMs`.
   */
  readonly processes?: Command | undefined
  /** Prints the master's number: `cat /run/nginx.pid`. Needed where several Nginx are among the processes. */
  readonly pid?: Command | undefined
  /**
   * Prints the TCP connections there: `cat /proc/net/tcp /proc/net/tcp6`. Without it a member whose old worker outlives
   * the drain bound is told as cut, whether it had requests or not.
   */
  readonly connections?: Command | undefined
}

/** The same through a POSIX shell over there, which takes what it is to do on stdin: a few commands for each update. */
export interface NginxShell {
  readonly where?: string | undefined
  /** Starts the shell: `['ssh', 'lb1', 'sh', '-s']`. */
  readonly shell: Command
  readonly configFile: string
  readonly binary?: string | undefined
  readonly mainConfigFile?: string | undefined
  readonly pidFile?: string | undefined
  readonly privilege?: Command | undefined
}

/** What the commands of `commandsVia` are about. */
export interface CommandsViaOptions {
  /** The file that Flotilla owns there. */
  readonly configFile: string
  /** Default `nginx`. */
  readonly binary?: string | undefined
  readonly where?: string | undefined
  /** The main configuration file that the master was started with by `-c`; default the one Nginx was built with. */
  readonly mainConfigFile?: string | undefined
  /** Where the master's process number stands; default what Nginx says. */
  readonly pidFile?: string | undefined
  /**
   * Put before those commands over there that need more rights, such as `['sudo', '-n']`: they are `nginx -T`,
   * `nginx -s reload`, `tee FILE.tmp`, `mv -f FILE.tmp FILE` and `rm -f FILE`. Default none.
   */
  readonly privilege?: Command | undefined
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

/** One of the two, told apart by `shell`. */
export const commandsSchema = (): v.GenericSchema<NginxCommands | NginxShell> =>
  v.lazy((given) =>
    typeof given === 'object' && given !== null && 'shell' in given ? shellSchema() : singleSchema(),
  )

const words = (): v.GenericSchema<Command> =>
  v.pipe(
    command(),
    v.check((value) => value.every((item) => v.is(word, item)), 'words that no shell reads anything into'),
  )

const overThere = (): {
  readonly configFile: v.GenericSchema<string>
  readonly binary: v.GenericSchema<string | undefined>
  readonly where: v.GenericSchema<string | undefined>
  readonly mainConfigFile: v.GenericSchema<string | undefined>
  readonly pidFile: v.GenericSchema<string | undefined>
  readonly privilege: v.GenericSchema<Command | undefined>
} => ({
  configFile: filePath(),
  binary: v.optional(word),
  where: v.optional(check.text()),
  mainConfigFile: v.optional(filePath()),
  pidFile: v.optional(filePath()),
  privilege: v.optional(words()),
})

const shellSchema = (): v.GenericSchema<NginxShell> =>
  v.strictObject({ shell: command(), ...overThere() }) as v.GenericSchema<NginxShell>

const singleSchema = (): v.GenericSchema<NginxCommands> =>
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
    pid: v.optional(command()),
    connections: v.optional(command()),
  })

export const commandsViaSchema = (): v.GenericSchema<CommandsViaOptions & { readonly prefix: Command }> =>
  v.strictObject({ prefix: command(), ...overThere() }) as v.GenericSchema<
    CommandsViaOptions & { readonly prefix: Command }
  >
