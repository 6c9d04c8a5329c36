import { commandsVia, type Command, type NginxCommands, type NginxOptions } from '../../src/index.js'
import type { RealNginx } from './real-nginx.js'

/** The Nginx of a test, by a program of its own name or one in its place. */
export type Reached = Pick<RealNginx, 'configFile' | 'mainConfigFile' | 'pidFile'> & {
  readonly binary?: string | undefined
}

type Reach = Pick<NginxOptions, 'configFile' | 'mainConfigFile' | 'binary' | 'commands'>

/** The ways to an Nginx on this host that need no container: each leads to the same one. */
export const ways: Readonly<
  Record<'on this host' | 'through a shell' | 'by commands', (real: Reached) => Reach>
> = {
  'on this host': ({ configFile, mainConfigFile, binary }) => ({ configFile, mainConfigFile, binary }),
  'through a shell': (real) => ({ commands: shellTo(real) }),
  'by commands': (real) => ({ configFile: real.configFile, commands: commandsTo(real) }),
}

export function shellTo({
  configFile,
  mainConfigFile,
  binary,
}: Reached): NonNullable<NginxOptions['commands']> {
  return commandsVia(['env'], { configFile, mainConfigFile, binary })
}

/** A command of its own for each step. */
export function commandsTo({
  configFile,
  mainConfigFile,
  pidFile,
  binary = 'nginx',
}: Reached): NginxCommands {
  const nginx = (...args: readonly string[]): Command => [binary, '-c', mainConfigFile, ...args]
  return {
    read: ['cat', configFile],
    write: ['tee', `${configFile}.tmp`],
    commit: ['mv', '-f', `${configFile}.tmp`, configFile],
    remove: ['rm', '-f', configFile],
    test: nginx('-t'),
    dump: nginx('-T'),
    version: nginx('-v'),
    reload: nginx('-s', 'reload'),
    processes: ['ps', '-eo', 'pid=,ppid=,args='],
    pid: ['cat', pidFile],
    connections: ['cat', '/proc/net/tcp', '/proc/net/tcp6'],
  }
}
