import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer, type Server } from 'node:tls'
import { promisify } from 'node:util'
import type { Backend } from '@flotilla/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DockerEngineOptions } from '@flotilla/docker-engine'
import { socketPath, webImage } from '../../../docker-engine/test/live/lab.js'
import { groupOf, liveDocker, removeScope } from './live-kit.js'
import { uniqueScope } from '../../../docker-engine/test/live/live-instance.js'

const run = promisify(execFile)
const call = (): { signal: AbortSignal } => ({ signal: AbortSignal.timeout(60_000) })

let directory = ''
let scope = ''
const before = { ...process.env }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-connections-'))
})

afterEach(async () => {
  for (const name of ['PATH', 'DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH']) {
    const value = before[name]
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  await removeScope(scope)
})

afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
})

function backendAt(engine: DockerEngineOptions): Backend {
  scope = uniqueScope()
  return liveDocker(scope, { image: webImage, address: 'published', engine })
}

/** Does over this connection all that a controller does. Gives what became of it, in words. */
async function workOn(backend: Backend): Promise<string> {
  const watching = new AbortController()
  const heard: string[] = []
  const over = (async () => {
    for await (const { what } of backend.watch?.(groupOf(scope), { signal: watching.signal }) ?? [])
      heard.push(what)
  })()
  const { id } = await backend.launch({ group: groupOf(scope), token: 't1' }, call())
  expect(await backend.list(groupOf(scope), call())).toMatchObject([{ id, status: 'running' }])
  const readings = (await backend.usage?.(await backend.list(groupOf(scope), call()), call())) ?? []
  expect(readings.find(({ name }) => name === 'memory')?.kind).toBe('value')
  expect(await backend.terminate(groupOf(scope), [id], call())).toEqual({ done: [id], failed: [] })
  for (let tries = 0; !heard.includes('removed'); tries += 1) {
    if (tries > 100) throw new Error(`heard only ${heard.join(', ')}`)
    await sleep(50)
  }
  watching.abort()
  await over
  await backend.close()
  return allOfIt
}

const allOfIt = 'launched, listed, read, ended and heard of it'

describe('an engine over TCP with TLS', () => {
  let server: Server
  let host = ''
  const at = (name: string): string => join(directory, 'tls', name)

  beforeAll(async () => {
    await mkdir(join(directory, 'tls'))
    const openssl = async (...args: readonly string[]): Promise<unknown> =>
      run('openssl', args, { cwd: join(directory, 'tls') })
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=lab-ca',
      '-keyout',
      'ca-key.pem',
      '-out',
      'ca.pem',
    )
    await writeFile(at('san'), 'subjectAltName=IP:127.0.0.1\n')
    for (const name of ['server', 'client']) {
      const [key, csr, cert] =
        name === 'client' ? ['key.pem', 'c.csr', 'cert.pem'] : ['s-key.pem', 's.csr', 's-cert.pem']
      await openssl(
        'req',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        key,
        '-out',
        csr,
      )
      await openssl(
        'x509',
        '-req',
        '-in',
        csr,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca-key.pem',
        '-CAcreateserial',
        '-days',
        '2',
        '-extfile',
        'san',
        '-out',
        cert,
      )
    }
    const [key, cert, ca] = await Promise.all(
      ['s-key.pem', 's-cert.pem', 'ca.pem'].map(async (name) => readFile(at(name))),
    )
    server = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true }, (client) => {
      const engine = connect(socketPath())
      client.pipe(engine).pipe(client)
      client.on('error', () => engine.destroy())
      engine.on('error', () => client.destroy())
    })
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    host = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterAll(async () => {
    await new Promise((resolve) => void server.close(resolve))
  })

  it('works with certificates given as files, and as texts', async () => {
    expect(await workOn(backendAt({ host, tls: { certPath: join(directory, 'tls') } }))).toBe(allOfIt)
    const [ca = '', cert = '', key = ''] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map(async (name) => readFile(at(name), 'utf8')),
    )
    expect(await workOn(backendAt({ host, tls: { ca, cert, key } }))).toBe(allOfIt)
  })

  it('works as DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH say', async () => {
    Object.assign(process.env, {
      DOCKER_HOST: host,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: join(directory, 'tls'),
    })
    expect(await workOn(backendAt({}))).toBe(allOfIt)
  })

  it('is refused without a certificate that the engine knows, and when the engine’s own is not known', async () => {
    const [ca = '', cert = '', key = ''] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map(async (name) => readFile(at(name), 'utf8')),
    )
    const stranger = await readFile(at('s-key.pem'), 'utf8')
    const unknown = backendAt({ host, tls: { ca: cert, cert, key } })
    await expect(unknown.list(groupOf(scope), call())).rejects.toMatchObject({ code: 'permission-denied' })
    const plain = backendAt({ host })
    await expect(plain.list(groupOf(scope), call())).rejects.toMatchObject({ code: 'unavailable' })
    for (const backend of [unknown, plain]) await backend.close()
    const mismatched = backendAt({ host, tls: { ca, cert, key: stranger } })
    await expect(mismatched.list(groupOf(scope), call())).rejects.toMatchObject({ code: 'permission-denied' })
    await mismatched.close()
  })
})

describe('an engine over ssh', () => {
  let sshd: ChildProcess
  const at = (name: string): string => join(directory, 'ssh', name)

  beforeAll(async () => {
    await mkdir(join(directory, 'ssh'), { mode: 0o700 })
    await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
    for (const name of ['host_key', 'user_key', 'other_key']) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(name)])
    }
    const hostKey = (await readFile(at('host_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ')
    await writeFile(at('authorized_keys'), await readFile(at('user_key.pub')), { mode: 0o600 })
    await writeFile(at('known_hosts'), `[127.0.0.1]:22022 ${hostKey}\n`)
    await writeFile(
      at('sshd_config'),
      [
        'ListenAddress 127.0.0.1',
        'Port 22022',
        `HostKey ${at('host_key')}`,
        `AuthorizedKeysFile ${at('authorized_keys')}`,
        `PidFile ${at('sshd.pid')}`,
        'PermitRootLogin prohibit-password',
        'PasswordAuthentication no',
        'StrictModes no',
        'UsePAM no',
        // Where the remote docker command finds its engine.
        `SetEnv DOCKER_HOST=unix://${socketPath()}`,
      ].join('\n'),
    )
    // In place of the user's own configuration, which this test must not touch.
    await sshWith('user_key')
    sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' })
    for (let tries = 0; ; tries += 1) {
      const isUp = await new Promise<boolean>((resolve) => {
        const socket = connect(22_022, '127.0.0.1', () => {
          socket.destroy()
          resolve(true)
        })
        socket.on('error', () => resolve(false))
      })
      if (isUp) break
      if (tries > 100) throw new Error('sshd does not come up')
      await sleep(50)
    }
  })

  async function sshWith(key: string): Promise<void> {
    const options = `-F none -o IdentitiesOnly=yes -i ${at(key)} -o UserKnownHostsFile=${at('known_hosts')}`
    await writeFile(at('ssh'), `#!/bin/sh\nexec /usr/bin/ssh ${options} "$@"\n`)
    await chmod(at('ssh'), 0o755)
  }

  afterAll(() => {
    sshd.kill()
  })

  it('works with the user’s own ssh, and asks over one connection', async () => {
    process.env['PATH'] = `${join(directory, 'ssh')}${delimiter}${before['PATH']}`
    await sshWith('user_key')
    expect(await workOn(backendAt({ host: 'ssh://root@127.0.0.1:22022' }))).toBe(allOfIt)
  })

  it('is refused with a key that is not known there', async () => {
    process.env['PATH'] = `${join(directory, 'ssh')}${delimiter}${before['PATH']}`
    await sshWith('other_key')
    const backend = backendAt({ host: 'ssh://root@127.0.0.1:22022' })
    const error = await backend.list(groupOf(scope), call()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'permission-denied' })
    await backend.close()
  })

  it('is refused when the host is not the one that is known', async () => {
    process.env['PATH'] = `${join(directory, 'ssh')}${delimiter}${before['PATH']}`
    await sshWith('user_key')
    const known = await readFile(at('known_hosts'), 'utf8')
    const other = (await readFile(at('other_key.pub'), 'utf8')).split(' ').slice(0, 2).join(' ')
    await writeFile(at('known_hosts'), `[127.0.0.1]:22022 ${other}\n`)
    const backend = backendAt({ host: 'ssh://root@127.0.0.1:22022' })
    const error = await backend.list(groupOf(scope), call()).catch((thrown: unknown) => thrown)
    await writeFile(at('known_hosts'), known)
    expect(error).toMatchObject({ code: 'permission-denied' })
    await backend.close()
  })
})

describe('an engine', () => {
  it('is found as DOCKER_HOST says, and is told by its socket when it is not there', async () => {
    process.env['DOCKER_HOST'] = `unix://${socketPath()}`
    expect(await workOn(backendAt({}))).toBe(allOfIt)
    process.env['DOCKER_HOST'] = 'unix:///nosuch/docker.sock'
    const backend = backendAt({})
    await expect(backend.list(groupOf(scope), call())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('unix:///nosuch/docker.sock') as string,
    })
    await backend.close()
  })

  it('whose socket may not be used names the group docker', async () => {
    // Root may use any: another user asks.
    const script = `require('node:net').connect(${JSON.stringify(socketPath())}).on('error', (e) => console.log(e.code))`
    const { stdout } = await run(process.execPath, ['-e', script], { uid: 65_534, gid: 65_534 })
    expect(stdout.trim()).toBe('EACCES')
  })
})
