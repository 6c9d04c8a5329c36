import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { afterEach, describe, expect, it } from 'vitest'
import { describeConnection, readConnection, type Connection } from '../src/connection.js'

const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
const tls = { ca: pem, cert: pem, key: pem }
const directories: string[] = []

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

function certificates(): string {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-tls-'))
  directories.push(directory)
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(directory, `${name}.pem`), pem)
  return directory
}

describe('a connection', () => {
  const table: readonly (readonly [host: string | undefined, Connection, shown: string])[] = [
    [undefined, { kind: 'socket', path: '/var/run/docker.sock' }, 'unix:///var/run/docker.sock'],
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
    [
      'engine.example:9999',
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
    it(`is read from ${host ?? 'nothing'} and shown as ${shown}`, () => {
      const connection = readConnection({ host }, {})
      expect(connection).toEqual(expected)
      expect(describeConnection(connection)).toBe(shown)
    })
  }

  it('takes DOCKER_HOST where no host is given, and the host where one is', () => {
    const env = { DOCKER_HOST: 'tcp://10.0.0.9:2375' }
    expect(readConnection({}, env)).toMatchObject({ host: '10.0.0.9' })
    expect(readConnection({ host: 'unix:///d.sock' }, env)).toEqual({ kind: 'socket', path: '/d.sock' })
  })

  it('takes certificates from DOCKER_CERT_PATH when DOCKER_TLS_VERIFY says so, on the usual port', () => {
    const env = { DOCKER_HOST: 'tcp://10.0.0.9', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates() }
    expect(readConnection({}, env)).toEqual({ kind: 'tcp', host: '10.0.0.9', port: 2376, tls })
  })

  it('does not lend the certificates of DOCKER_HOST to a host that was given', () => {
    const env = { DOCKER_HOST: 'tcp://10.0.0.9', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates() }
    expect(readConnection({ host: 'tcp://10.0.0.5' }, env)).toMatchObject({ tls: undefined })
  })

  it('takes certificates as texts and as a directory', () => {
    expect(readConnection({ host: 'tcp://a', tls }, {})).toMatchObject({ port: 2376, tls })
    expect(readConnection({ host: 'https://a:1', tls: { certPath: certificates() } }, {})).toMatchObject({
      port: 1,
      tls,
    })
  })

  for (const host of [
    'tcp://ops:hunter2@10.0.0.5',
    'ssh://ops:hunter2@10.0.0.5',
    'ssh://-oProxyCommand=reboot',
    'ssh://box/path',
    'tcp://a b',
    'gopher://box',
    'https://box:2376',
    'tcp://',
  ]) {
    it(`refuses ${host}, without showing a password`, () => {
      const error = failureOf(() => readConnection({ host }, {}))
      expect(error.code).toBe('invalid-options')
      expect(error.message).not.toContain('hunter2')
    })
  }

  it('refuses certificates that are none, without showing a key', () => {
    for (const bad of [
      { ca: pem, cert: pem, key: 'hunter2' },
      { ca: pem },
      'hunter2',
      { certPath: '' },
      null,
    ]) {
      const error = failureOf(() => readConnection({ host: 'tcp://a', tls: bad }, {}))
      expect(error.field).toBe('tls')
      expect(`${error.message} ${String(error.value)}`).not.toContain('hunter2')
    }
  })

  it('names the directory whose certificates cannot be read', () => {
    const error = failureOf(() => readConnection({ host: 'tcp://a', tls: { certPath: '/nosuch' } }, {}))
    expect(error.message).toMatch(/tls\.certPath.*ENOENT.*\/nosuch/)
  })
})

function failureOf(work: () => unknown): FlotillaError {
  try {
    work()
  } catch (error) {
    if (error instanceof FlotillaError) return error
    throw error
  }
  throw new Error('it should have failed')
}
