import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { failureOf } from '../failure-of.js'
import { describeConnection, type Connection } from '../../src/connection/connection.js'
import type { ConnectionOptions } from '../../src/connection/connection-options.js'
import { findEngine, type FoundEngine } from '../../src/connection/find-engine.js'

const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
const tls = { ca: pem, cert: pem, key: pem }
let directory = ''

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'flotilla-engine-')))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** A user whose docker files are in the test's own directory. */
const find = (options: ConnectionOptions, env: Record<string, string> = {}): FoundEngine =>
  findEngine(options, { DOCKER_CONFIG: directory, ...env })

function certificates(files: readonly string[] = ['ca', 'cert', 'key'], at = join(directory, 'tls')): string {
  mkdirSync(at, { recursive: true })
  for (const name of files) writeFileSync(join(at, `${name}.pem`), pem)
  return at
}

/** What `docker context create` writes. */
function makeContext(name: string, endpoint: object | undefined, files: readonly string[] = []): void {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = join(directory, 'contexts/meta', id)
  mkdirSync(meta, { recursive: true })
  const content = { Name: name, Metadata: {}, Endpoints: endpoint === undefined ? {} : { docker: endpoint } }
  writeFileSync(join(meta, 'meta.json'), JSON.stringify(content))
  if (files.length > 0) certificates(files, join(directory, 'contexts/tls', id, 'docker'))
}

const use = (name: string): void =>
  writeFileSync(join(directory, 'config.json'), JSON.stringify({ auths: {}, currentContext: name }))

describe('an address', () => {
  const table: readonly (readonly [host: string, Connection, shown: string])[] = [
    [
      'unix:///run/user/1000/docker.sock',
      { kind: 'socket', path: '/run/user/1000/docker.sock' },
      'unix:///run/user/1000/docker.sock',
    ],
    ['unix://', { kind: 'socket', path: '/var/run/docker.sock' }, 'unix:///var/run/docker.sock'],
    ['/tmp/d.sock', { kind: 'socket', path: '/tmp/d.sock' }, 'unix:///tmp/d.sock'],
    [
      'tcp://10.0.0.5:2375',
      { kind: 'tcp', host: '10.0.0.5', port: 2375, tls: undefined },
      'tcp://10.0.0.5:2375',
    ],
    ['tcp://10.0.0.5', { kind: 'tcp', host: '10.0.0.5', port: 2375, tls: undefined }, 'tcp://10.0.0.5:2375'],
    ['tcp://', { kind: 'tcp', host: 'localhost', port: 2375, tls: undefined }, 'tcp://localhost:2375'],
    ['tcp://:2400', { kind: 'tcp', host: 'localhost', port: 2400, tls: undefined }, 'tcp://localhost:2400'],
    [
      'Engine.example:9999',
      { kind: 'tcp', host: 'engine.example', port: 9999, tls: undefined },
      'tcp://engine.example:9999',
    ],
    ['tcp://[::1]:2375', { kind: 'tcp', host: '::1', port: 2375, tls: undefined }, 'tcp://[::1]:2375'],
    [
      'ssh://ops@10.0.0.5',
      { kind: 'ssh', host: '10.0.0.5', port: undefined, user: 'ops' },
      'ssh://ops@10.0.0.5',
    ],
    ['ssh://box:2222', { kind: 'ssh', host: 'box', port: 2222, user: undefined }, 'ssh://box:2222'],
  ]
  for (const [host, expected, shown] of table) {
    it(`${host} is read the same as option and as DOCKER_HOST, and shown as ${shown}`, () => {
      expect(find({ host }).connection).toEqual(expected)
      expect(find({}, { DOCKER_HOST: host }).connection).toEqual(expected)
      expect(describeConnection(find({ host }).connection)).toBe(shown)
    })
  }

  for (const host of [
    'tcp://ops:hunter2@10.0.0.5',
    'ssh://ops:hunter2@10.0.0.5',
    'ssh://-oProxyCommand=reboot',
    'ssh://box/path',
    'ssh://',
    'tcp://a b',
    'tcp://box:2375/prefix',
    'gopher://box',
    'https://box:2376',
    'unix://docker.sock',
    'fd://',
  ]) {
    it(`${host} is refused by the name of what said it, without showing a password`, () => {
      for (const [field, error] of [
        ['host', failureOf(() => find({ host }))],
        ['DOCKER_HOST', failureOf(() => find({}, { DOCKER_HOST: host }))],
      ] as const) {
        expect(error).toMatchObject({ code: 'invalid-options', field })
        expect(error.message).not.toContain('hunter2')
      }
    })
  }
})

describe('which engine is meant', () => {
  beforeEach(() => {
    makeContext('used', { Host: 'tcp://10.0.0.1:2375' })
    makeContext('named', { Host: 'tcp://10.0.0.2:2375' })
    makeContext('given', { Host: 'tcp://10.0.0.3:2375' })
  })
  const env = { DOCKER_HOST: 'tcp://10.0.0.4:2375', DOCKER_CONTEXT: 'named' }

  it('is this host’s without a word, and says that nothing named it', () => {
    const found = find({})
    expect(found.connection).toEqual({ kind: 'socket', path: '/var/run/docker.sock' })
    expect(found.target).toContain('unix:///var/run/docker.sock (the default')
  })

  it('is told by the first of host, DOCKER_HOST, DOCKER_CONTEXT and docker context use, as the docker command has it', () => {
    use('used')
    const config = join(directory, 'config.json')
    const cases: readonly (readonly [ConnectionOptions, Record<string, string>, string])[] = [
      [{ host: 'tcp://10.0.0.5:2375' }, env, 'tcp://10.0.0.5:2375 (option host)'],
      [{ context: 'given' }, env, 'tcp://10.0.0.3:2375 (docker context "given" of context)'],
      [{}, env, 'tcp://10.0.0.4:2375 (DOCKER_HOST)'],
      [{}, { ...env, DOCKER_HOST: '' }, 'tcp://10.0.0.2:2375 (docker context "named" of DOCKER_CONTEXT)'],
      [{}, {}, `tcp://10.0.0.1:2375 (docker context "used" of currentContext in ${config})`],
      [{ context: 'default' }, env, 'tcp://10.0.0.4:2375 (DOCKER_HOST)'],
    ]
    for (const [options, variables, target] of cases) expect(find(options, variables).target).toBe(target)
    expect(find({}, { DOCKER_CONTEXT: 'default' }).connection.kind).toBe('socket')
  })

  it('takes a context’s certificates, with or without one of our own', () => {
    makeContext('secret', { Host: 'tcp://box', SkipTLSVerify: false }, ['ca', 'cert', 'key'])
    makeContext('one-sided', { Host: 'tcp://box', SkipTLSVerify: false }, ['ca'])
    expect(find({ context: 'secret' }).connection).toEqual({ kind: 'tcp', host: 'box', port: 2376, tls })
    expect(find({ context: 'one-sided' }).connection).toMatchObject({ port: 2376, tls: { ca: pem } })
  })

  it('refuses a context that is not there, has no engine, or checks nobody, and says who named it', () => {
    makeContext('kubernetes', undefined)
    makeContext('unchecked', { Host: 'tcp://box:2376', SkipTLSVerify: true })
    const cases: readonly (readonly [string, RegExp])[] = [
      ['nosuch', /DOCKER_CONTEXT names the docker context "nosuch", which is not there.*docker context ls/],
      ['kubernetes', /no docker endpoint/],
      ['unchecked', /skip-tls-verify/],
    ]
    for (const [name, message] of cases) {
      const error = failureOf(() => find({}, { DOCKER_CONTEXT: name }))
      expect(error).toMatchObject({ code: 'invalid-options', field: 'DOCKER_CONTEXT', value: name })
      expect(error.message).toMatch(message)
    }
    expect(failureOf(() => find({ context: 'given', host: 'tcp://a' })).field).toBe('context')
  })

  it('does not take this host’s engine for the one that a damaged file may name', () => {
    writeFileSync(join(directory, 'config.json'), '{ "currentContext": "us')
    expect(failureOf(() => find({})).message).toMatch(/not known.*config\.json.*DOCKER_HOST/)
    expect(find({}, { DOCKER_HOST: 'tcp://a' }).target).toBe('tcp://a:2375 (DOCKER_HOST)')
  })

  it('calls options as their owner does', () => {
    const names = { constructor: 'nginx', prefix: 'docker.' }
    const error = failureOf(() => findEngine({ host: 'gopher://box' }, {}, names))
    expect(error).toMatchObject({ field: 'docker.host' })
    expect(error.message).toMatch(/^nginx: docker\.host must be unix:\/\/, tcp:\/\/ or ssh:\/\//)
  })
})

describe('one engine', () => {
  it('has one scope under all the paths that lead to its socket, whether it runs or not', () => {
    mkdirSync(join(directory, 'run'))
    symlinkSync(join(directory, 'run'), join(directory, 'var-run'))
    const scopes = ['run', 'var-run'].map((name) => find({ host: join(directory, name, 'd.sock') }).scope)
    writeFileSync(join(directory, 'run/d.sock'), '')
    scopes.push(find({ host: `unix://${directory}/var-run/d.sock` }).scope)
    expect(new Set(scopes)).toEqual(new Set([`unix://${directory}/run/d.sock`]))
    expect(find({ host: 'tcp://BOX:2375' }).scope).toBe(find({ host: 'box:2375' }).scope)
  })
})

describe('TLS', () => {
  it('takes certificates from DOCKER_CERT_PATH when DOCKER_TLS_VERIFY says so, on the usual port', () => {
    const env = { DOCKER_HOST: 'tcp://10.0.0.9', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates() }
    const expected = { kind: 'tcp', host: '10.0.0.9', port: 2376, tls }
    expect(find({}, env).connection).toEqual(expected)
    expect(find({}, { ...env, DOCKER_HOST: '' }).connection).toEqual({ ...expected, host: 'localhost' })
  })

  it('looks beside the docker command’s own settings without DOCKER_CERT_PATH', () => {
    certificates(['ca'], directory)
    const env = { DOCKER_HOST: 'tcp://10.0.0.9', DOCKER_TLS_VERIFY: '1' }
    expect(find({}, env).connection).toMatchObject({ tls: { ca: pem, cert: undefined } })
  })

  it('does not lend the certificates of DOCKER_HOST to a host that was given, nor read them for a socket', () => {
    const env = { DOCKER_HOST: 'unix:///d.sock', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nosuch' }
    expect(find({ host: 'tcp://10.0.0.5' }, env).connection).toMatchObject({ tls: undefined })
    expect(find({}, env).connection).toEqual({ kind: 'socket', path: '/d.sock' })
  })

  it('refuses TLS that checks nobody', () => {
    const error = failureOf(() => find({}, { DOCKER_HOST: 'tcp://a', DOCKER_TLS: '1' }))
    expect(error.message).toMatch(/DOCKER_TLS must be left out, and DOCKER_TLS_VERIFY set/)
  })

  it('takes certificates as texts and as a directory', () => {
    expect(find({ host: 'tcp://a', tls }).connection).toMatchObject({ port: 2376, tls })
    expect(find({ host: 'tcp://a', tls: { ca: pem } }).connection).toMatchObject({ tls: { ca: pem } })
    expect(find({ host: 'https://a:1', tls: { certPath: certificates() } }).connection).toMatchObject({
      port: 1,
      tls,
    })
  })

  it('refuses certificates where the engine has no use for them', () => {
    expect(failureOf(() => find({ host: 'unix:///d.sock', tls })).message).toMatch(/tls must be left out/)
    expect(failureOf(() => find({ tls })).message).toMatch(/tls must be left out.*docker\.sock/)
  })

  it('refuses certificates that are none, without showing a key', () => {
    for (const bad of [
      { ca: pem, cert: pem, key: 'hunter2' },
      { ca: pem, cert: pem },
      'hunter2',
      { certPath: '' },
      null,
    ]) {
      const error = failureOf(() => find({ host: 'tcp://a', tls: bad as never }))
      expect(error.field).toBe('tls')
      expect(`${error.message} ${String(error.value)}`).not.toContain('hunter2')
    }
  })

  it('names the directory whose certificates are not there', () => {
    const error = failureOf(() => find({ host: 'tcp://a', tls: { certPath: '/nosuch' } }))
    expect(error.message).toMatch(/tls\.certPath must be a directory with ca\.pem.*\/nosuch/)
    const half = certificates(['ca', 'cert'])
    expect(failureOf(() => find({ host: 'tcp://a', tls: { certPath: half } })).message).toContain('key.pem')
  })
})
