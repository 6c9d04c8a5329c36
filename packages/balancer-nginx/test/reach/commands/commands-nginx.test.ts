import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandsNginx } from '../../../src/reach/commands/commands-nginx.js'
import { commandsVia } from '../../../src/reach/commands/commands-via.js'
import type { Command, NginxCommands } from '../../../src/reach/commands/commands.js'
import { forever } from '../../sample.js'

const call = { signal: forever }
let directory = ''
let configFile = ''
let nginx = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-commands-'))
  configFile = join(directory, 'backend.conf')
  nginx = join(directory, 'nginx')
})

afterEach(() => rm(directory, { recursive: true, force: true }))

/** A program in the place of nginx. */
async function programSays(script: string): Promise<void> {
  await writeFile(nginx, `#!/bin/sh\n${script}\n`)
  await chmod(nginx, 0o755)
}

function api(more: Partial<NginxCommands> = {}): CommandsNginx {
  const commands = { ...single(), ...more }
  return new CommandsNginx({ commands, configFile, frontHost: undefined, timeoutMs: 10_000 })
}

const single = (): NginxCommands => ({
  where: 'nginx on lb1',
  read: ['cat', configFile],
  write: ['tee', `${configFile}.tmp`],
  commit: ['mv', '-f', `${configFile}.tmp`, configFile],
  remove: ['rm', '-f', configFile],
  test: [nginx, '-t'],
  reload: [nginx, '-s', 'reload'],
  dump: [nginx, '-T'],
  version: [nginx, '-v'],
})

describe('an Nginx reached by commands', () => {
  it('has no file before one is written, and gives back what was written', async () => {
    expect((await api().look(call)).text).toBeUndefined()
    const text = `upstream x { server 10.0.0.1; # ü " ' $HOME\n}\n`
    await api().write(text, call)
    expect((await api().look(call)).text).toBe(text)
    expect(await readFile(configFile, 'utf8')).toBe(text)
    await expect(readFile(`${configFile}.tmp`)).rejects.toThrow('ENOENT')
    await api().remove(call)
    expect((await api().look(call)).text).toBeUndefined()
  })

  it('says so when the file cannot be written, and leaves what is there', async () => {
    await writeFile(configFile, 'old')
    const commands = api({ write: ['sh', '-c', 'echo "tee: /x: No space left on device" >&2; exit 1'] })
    await expect(commands.write('new', call)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('exited with 1: tee: /x: No space left on device'),
    })
    expect(await readFile(configFile, 'utf8')).toBe('old')
  })

  it('does not take a host that cannot be reached for one without the file', async () => {
    const commands = api({ read: ['sh', '-c', 'echo "ssh: no route; no such file" >&2; exit 255'] })
    await expect(commands.look(call)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('gives the verdict of nginx, good or bad', async () => {
    await programSays('echo "nginx: configuration file /x test is successful" >&2')
    expect(await api().test(call)).toMatchObject({ isAccepted: true })
    await programSays('echo "nginx: [emerg] no servers are inside upstream in /x:3" >&2; exit 1')
    expect(await api().test(call)).toMatchObject({
      isAccepted: false,
      output: expect.stringContaining('no servers'),
    })
  })

  it('does not take it for a verdict when nginx was not reached', async () => {
    await programSays('echo "sudo: a password is required" >&2; exit 1')
    await expect(api().test(call)).rejects.toThrow('a password is required')
    await rm(nginx)
    await expect(api().test(call)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('says in the words of nginx why it was not reloaded', async () => {
    await programSays(
      'echo "nginx: [error] open() \\"/run/nginx.pid\\" failed (2: No such file)" >&2; exit 1',
    )
    await expect(api().reload(call)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('[error] open() "/run/nginx.pid" failed'),
    })
  })

  it('sees the workers where processes can be listed', async () => {
    const listing = '10 1 nginx: master process nginx\\n11 10 nginx: worker process is shutting down\\n'
    const { workers, stillRunning } = api({ processes: ['printf', listing] })
    expect(await workers?.([], call)).toEqual([{ id: '11', isLeaving: true }])
    expect(await stillRunning?.(['11', '12'], call)).toEqual([{ id: '11', isLeaving: true }])
    expect(api().workers).toBeUndefined()
  })

  it('reads the whole configuration where it may', async () => {
    await programSays(
      'if [ "$1" = -v ]; then echo "nginx version: nginx/1.27.4 (Ubuntu)" >&2; else echo "# configuration file /x:"; fi',
    )
    expect((await api().test(call)).dump).toBe('# configuration file /x:\n')
    expect((await api({ dump: undefined, test: ['true'] }).test(call)).dump).toBeUndefined()
    expect(await api().version(call)).toBe('1.27.4')
  })

  it('knows its own file behind what a login script printed', async () => {
    const text = '# flotilla balancer-nginx format 1 upstream backend\nupstream backend {}\n'
    await writeFile(configFile, text)
    const greets = api({ read: ['sh', '-c', `echo "Welcome to lb1"; cat ${configFile}`] })
    expect((await greets.look(call)).text).toBe(text)
  })

  it('tells its master from others by its pid file', async () => {
    const listing =
      '10 1 nginx: master process nginx\\n11 10 nginx: worker process\\n20 1 nginx: master process nginx\\n21 20 nginx: worker process\\n'
    const processes: Command = ['printf', listing]
    await expect(api({ processes }).look(call)).rejects.toThrow(
      /the masters 10, 20 run there.*give commands\.pid/,
    )
    const { workers } = await api({ processes, pid: ['sh', '-c', 'echo hello; echo 20'] }).look(call)
    expect(workers).toEqual([{ id: '21', isLeaving: false }])
    await expect(api({ processes, pid: ['echo', '30'] }).look(call)).rejects.toThrow(/does not run/)
  })

  it('sees connections where they can be listed', async () => {
    const table = '0: 0100007F:C350 0201000A:1F90 01 0:0 0:0 0 0 0 7 1\\n'
    const { connectedTo } = api({ processes: ['true'], connections: ['printf', table] })
    const targets = [
      { host: '10.0.1.2', port: 8080 },
      { host: '10.0.1.3', port: 8080 },
    ]
    expect(await connectedTo?.([], targets, call)).toEqual([true, false])
  })
})

describe('commandsVia', () => {
  it('puts the prefix before a shell', () => {
    expect(commandsVia(['ssh', 'lb1'], { configFile: '/etc/nginx/conf.d/web.conf' })).toEqual({
      where: 'nginx via ssh lb1',
      shell: ['ssh', 'lb1', 'sh', '-s'],
      configFile: '/etc/nginx/conf.d/web.conf',
    })
  })

  it('shows no more of the prefix than its program', () => {
    const prefix: Command = ['sshpass', '-p', 'hunter2', 'ssh', 'lb1']
    expect(commandsVia(prefix, { configFile: '/x.conf' }).where).toBe('nginx via sshpass')
  })

  it.each([
    [[], { configFile: '/x.conf' }],
    [[''], { configFile: '/x.conf' }],
    [['ssh', 1], { configFile: '/x.conf' }],
    [['ssh'], {}],
    [['ssh'], { configFile: 'x.conf' }],
    [['ssh'], { configFile: '/a b.conf' }],
    [['ssh'], { configFile: '/a;reboot' }],
    [['ssh'], { configFile: '/$(reboot)' }],
    [['ssh'], { configFile: '/x.conf', binary: 'nginx; reboot' }],
    [['ssh'], { configFile: '/x.conf', other: 1 }],
  ])('refuses %j with %j', (prefix, options) => {
    expect(() => commandsVia(prefix as never, options as never)).toThrow(/commandsVia/)
  })
})
