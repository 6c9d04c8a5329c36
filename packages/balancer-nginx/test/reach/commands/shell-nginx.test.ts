import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@flotilla/core/authoring'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command, NginxShell } from '../../../src/reach/commands/commands.js'
import { scriptOf } from '../../../src/reach/commands/shell-script.js'
import { ShellNginx } from '../../../src/reach/commands/shell-nginx.js'
import { forever } from '../../sample.js'

const call = { signal: forever }
let directory = ''
let configFile = ''
let binary = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-shell-'))
  configFile = join(directory, 'backend.conf')
  binary = join(directory, 'nginx')
  await programSays('echo "# configuration file /etc/nginx/nginx.conf:"; echo "pid /run/x.pid;"')
})

afterEach(() => rm(directory, { recursive: true, force: true }))

/** A program in the place of nginx. */
async function programSays(script: string): Promise<void> {
  await writeFile(binary, `#!/bin/sh\n${script}\n`)
  await chmod(binary, 0o755)
}

function api(shell: Command = ['sh', '-s'], more: Partial<NginxShell> = {}): ShellNginx {
  const commands = { where: 'nginx on lb1', shell, configFile, binary, pidFile: '/run/x.pid', ...more }
  return new ShellNginx({ commands, frontHost: undefined, timeoutMs: 10_000 })
}

describe('an Nginx reached by a shell', () => {
  it('gets a text as it is, whatever stands in it, never half in its place', async () => {
    const text = `upstream x { server 10.0.0.1; # ü " ' $HOME \`id\` \\\\ EOF\n}\n`
    await api().write(text, call)
    expect(await readFile(configFile, 'utf8')).toBe(text)
    await expect(readFile(`${configFile}.tmp`)).rejects.toThrow('ENOENT')
    await api().remove(call)
    await expect(readFile(configFile)).rejects.toThrow('ENOENT')
  })

  it('is not taken for another text by what a login script prints', async () => {
    const noisy: Command = ['sh', '-c', 'echo Welcome; echo motd >&2; exec sh -s']
    await programSays('echo "nginx: [emerg] no servers in /x:3" >&2; exit 1')
    expect(await api(noisy).test(call)).toEqual({
      isAccepted: false,
      output: 'nginx: [emerg] no servers in /x:3\n',
    })
  })

  it('gives the whole configuration with its verdict', async () => {
    expect(await api().test(call)).toMatchObject({
      isAccepted: true,
      dump: '# configuration file /etc/nginx/nginx.conf:\npid /run/x.pid;\n',
    })
  })

  it('says so when the file cannot be written, and tests nothing then', async () => {
    const missing = join(directory, 'none', 'x.conf')
    await expect(api(undefined, { configFile: missing }).put('x\n', call)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^write \S+ of nginx on lb1: it exited with 1: tee: /),
    })
  })

  it('does not take it for a verdict when nginx was not reached', async () => {
    await rm(binary)
    await expect(api().test(call)).rejects.toMatchObject({ code: 'unavailable' })
    const down: Command = ['sh', '-c', 'echo "ssh: connect to host lb1: No route to host" >&2; exit 255']
    await expect(api(down).test(call)).rejects.toThrow('it exited with 255: ssh: connect to host lb1')
  })

  it('says so when its shell does not get what it is to do', async () => {
    await expect(api(['sh', '-c', 'exec sh -s </dev/null']).test(call)).rejects.toThrow(
      'the shell there did nothing: sh must pass its stdin on (docker exec -i)',
    )
  })

  it('puts what gives rights before what needs them, and before nothing else', async () => {
    const log = join(directory, 'log')
    const sudo = join(directory, 'sudo')
    await writeFile(sudo, `#!/bin/sh\necho "$*" >> ${log}\nexec "$@"\n`)
    await chmod(sudo, 0o755)
    const lb = api(undefined, { privilege: [sudo] })
    await lb.write('x\n', call)
    await lb.test(call)
    await lb.reload(call)
    await lb.remove(call)
    expect((await readFile(log, 'utf8')).trim().split('\n')).toEqual([
      `tee ${configFile}.tmp`,
      `mv -f ${configFile}.tmp ${configFile}`,
      `${binary} -T`,
      `${binary} -s reload`,
      `rm -f ${configFile}`,
    ])
  })

  it('does not run when its pid file names no master, whoever else does', async () => {
    await expect(api().look(call)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'nginx on lb1 does not run: /run/x.pid names no process; start it',
    })
  })
})

describe('a script', () => {
  it('is run not at all when it arrives cut off', async () => {
    const file = join(directory, 'made')
    const { text } = scriptOf([{ name: 'make', commands: `cat > ${file} <<'x'\nline\nx` }])
    for (let length = 0; length < text.length - 2; length += 7) {
      const options = { attempted: 'run', input: text.slice(0, length), timeoutMs: 10_000, signal: forever }
      await runCommand(['sh', '-s'], options)
      await expect(readFile(file)).rejects.toThrow('ENOENT')
    }
  })

  it('leaves out what comes after a step that it needed', async () => {
    const { text, read } = scriptOf([
      { name: 'first', commands: 'echo no; exit 3', isNeeded: true },
      { name: 'second', commands: 'echo never' },
    ])
    const options = { attempted: 'run', input: text, timeoutMs: 10_000, signal: forever }
    const { stdout } = await runCommand(['sh', '-s'], options)
    expect([...(read(stdout) ?? [])]).toEqual([['first', { exitCode: 3, output: 'no\n' }]])
    expect(read('Welcome\n')).toBeUndefined()
  })
})
