import { execFileSync } from 'node:child_process'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BalancerMember } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandsVia, type NginxOptions } from '../../../src/index.js'
import { HostRig, nothing } from '../host-rig.js'
import { freePort, run, until } from '../real-nginx.js'

const call = { signal: new AbortController().signal }
let rig: HostRig
let first: BalancerMember
let second: BalancerMember

async function begin(...given: Parameters<typeof HostRig.start>): Promise<void> {
  rig = await HostRig.start(...given)
  first = await rig.traffic.startMember()
  second = await rig.traffic.startMember()
}

afterEach(() => rig.stop())

const reload = (): Promise<unknown> => run('nginx', ['-c', rig.real.mainConfigFile, '-s', 'reload'])
const beside = (name: string): string => join(rig.real.directory, 'conf.d', name)

/** Each way of reaching this Nginx. */
const ways = (): Record<string, Partial<NginxOptions>> => {
  const { configFile, mainConfigFile } = rig.real
  return {
    host: {},
    shell: { mainConfigFile: undefined, commands: commandsVia(['env'], { configFile, mainConfigFile }) },
    'shell, seen from outside': {
      mainConfigFile: undefined,
      commands: commandsVia(['env'], { configFile, mainConfigFile }),
      listen: rig.port,
      frontHost: '127.0.0.1',
    },
  }
}

describe.each(['host', 'shell', 'shell, seen from outside'])('a front reached by %s', (way) => {
  beforeEach(async () => {
    await begin()
    await rig.balancer.close()
    rig.balancer = rig.newBalancer(ways()[way])
  })

  it('serves nothing of ours before the first set, which is not missed', async () => {
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
  })

  it('is put back when its file was removed by hand', async () => {
    await rig.sync(first)
    await rm(rig.real.configFile)
    expect(await rig.balancer.check(call)).toMatchObject({
      serves: false,
      reason: expect.stringContaining('backend.conf of nginx'),
    })
    expect(await rig.sync(first)).toEqual(nothing)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect(await rig.answerer()).toBe(first.id)
  })

  it('is put back when its file was edited and loaded', async () => {
    await rig.sync(first)
    const text = await readFile(rig.real.configFile, 'utf8')
    await writeFile(rig.real.configFile, text.replaceAll(`:${first.port}`, `:${second.port}`))
    await reload()
    await until(async () => (await rig.answerer()) === second.id)
    expect(await rig.balancer.check(call)).toMatchObject({
      serves: false,
      reason: expect.stringContaining('was changed by somebody else'),
    })
    await rig.sync(first)
    expect(await rig.answerer()).toBe(first.id)
  })

  it('that another server shadows later is told, with whose it is, and is back when that is gone', async () => {
    await rig.sync(first)
    const listen = way === 'shell, seen from outside' ? `${rig.port}` : `127.0.0.1:${rig.port}`
    await writeFile(beside('a.conf'), `server { listen ${listen}; server_name localhost; return 404; }\n`)
    await reload()
    await until(async () => (await rig.answerer()) === 404)
    // Old workers take connections for a moment beside the new ones.
    await until(async () => !(await rig.balancer.check(call)).serves)
    await expect(rig.sync(first)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/answered by the server "localhost" in .*a\.conf: remove that server/),
    })
    await rm(beside('a.conf'))
    await rig.sync(first)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect(await rig.answerer()).toBe(first.id)
  })

  it('that is not read is told, with the line to add', async () => {
    const text = await readFile(rig.real.mainConfigFile, 'utf8')
    const elsewhere = text.replace('conf.d/*.conf', 'sites-enabled/*')
    await writeFile(rig.real.mainConfigFile, elsewhere)
    await reload()
    await expect(rig.sync(first)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /is not read: .*includes only .*sites-enabled\/\*; add the line include/,
      ),
    })
    await expect(readFile(rig.real.configFile)).rejects.toThrow('ENOENT')
    await writeFile(rig.real.mainConfigFile, text)
    await rig.sync(first)
    await writeFile(rig.real.mainConfigFile, elsewhere)
    await reload()
    await until(async () => (await rig.answerer()) === 0)
    await until(async () => !(await rig.balancer.check(call)).serves)
    await writeFile(rig.real.mainConfigFile, text)
    await rig.sync(first)
    expect(await rig.answerer()).toBe(first.id)
  })

  it('that was stopped is told, and is as it was after its start', async () => {
    await rig.sync(first)
    await rig.real.kill()
    expect(await rig.balancer.check(call)).toMatchObject({
      serves: false,
      reason: expect.stringContaining('does not run'),
    })
    await rig.real.start()
    await rig.sync(first)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    expect(await rig.answerer()).toBe(first.id)
  })

  it('is not updated while the old master of a binary upgrade serves, and is after it', async () => {
    await rig.sync(first)
    const oldPid = (await rig.real.masterPid()) ?? 0
    process.kill(oldPid, 'SIGUSR2')
    await until(async () => {
      const pid = await rig.real.masterPid()
      return pid !== undefined && pid !== oldPid && (await rig.real.workerPids()).length === 2
    })
    // A worker that was just made has not said yet what it is.
    await sleep(500)
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`the old master ${oldPid} still takes connections`),
    })
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    process.kill(oldPid, 'SIGQUIT')
    await until(async () => {
      const updated = await rig.sync(second).catch(() => undefined)
      return updated?.drained[0] === first.id
    })
    expect(await rig.answerer()).toBe(second.id)
  })

  it('is told from a second Nginx on the same host', async () => {
    const pidFile = join(rig.real.directory, 'other.pid')
    const port = await freePort()
    const text = `pid ${pidFile};\nevents {}\nhttp { access_log off; server { listen 127.0.0.1:${port}; return 204; } }\n`
    await rig.real.startMain('other.conf', text, pidFile)
    await rig.sync(first)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
    await rig.real.kill()
    await rig.real.startMain('other.conf', text, pidFile)
    expect(await rig.balancer.check(call)).toMatchObject({ serves: false })
    await expect(rig.sync(first)).rejects.toThrow(/does not run/)
  })
})

describe('a front is seen', () => {
  /** A certificate of its own making. */
  function certificate(): readonly (readonly [string, string])[] {
    const [key, cert] = [join(rig.real.directory, 'key.pem'), join(rig.real.directory, 'cert.pem')]
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=x', '-days', '2']
    execFileSync('openssl', [...args, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return [
      ['ssl_certificate', cert],
      ['ssl_certificate_key', key],
    ]
  }

  async function servedThenElsewhere(options: Partial<NginxOptions>): Promise<void> {
    await rig.balancer.close()
    rig.balancer = rig.newBalancer(options)
    await rig.sync(first)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
    await rename(rig.real.configFile, `${rig.real.configFile}.away`)
    const before = await rig.real.workerPids()
    await reload()
    await until(async () => !(await rig.real.workerPids()).some((pid) => before.includes(pid)))
    await rename(`${rig.real.configFile}.away`, rig.real.configFile)
  }

  beforeEach(() => begin())

  it.each<[string, () => Partial<NginxOptions>]>([
    ['through TLS', () => ({ listen: `127.0.0.1:${rig.port} ssl`, directives: { server: certificate() } })],
    [
      'through TLS with HTTP/2',
      () => ({ listen: `127.0.0.1:${rig.port} ssl http2`, directives: { server: certificate() } }),
    ],
    ['behind the PROXY protocol', () => ({ listen: `127.0.0.1:${rig.port} proxy_protocol` })],
    ['on a socket', () => ({ listen: `unix:${join(rig.real.directory, 'web.sock')}` })],
    ['by a name', () => ({ serverNames: ['web.example'] })],
    [
      'whatever its server does with every request',
      () => ({
        directives: {
          server: [
            ['rewrite', '^/(.*)$', '/app/$1'],
            ['deny', 'all'],
            ['auth_basic', 'closed'],
          ],
        },
      }),
    ],
  ])('%s', async (_, options) => {
    await servedThenElsewhere(options())
    // Our file is there: only who asks on the port can see that it is not what is answered.
    expect(await rig.balancer.check(call)).toMatchObject({ serves: false })
  })

  it('though it asks for certificates, by its file and its other addresses', async () => {
    await rig.balancer.close()
    const cert = certificate()
    const directives = {
      server: [...cert, ['ssl_client_certificate', cert[0]?.[1] ?? ''], ['ssl_verify_client', 'on']] as const,
    }
    rig.balancer = rig.newBalancer({ listen: `127.0.0.1:${rig.port} ssl`, directives: directives })
    await rig.sync(first)
    expect(await rig.balancer.check(call)).toEqual({ serves: true })
  })
})
