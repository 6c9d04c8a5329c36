import { templateHash } from '@flotilla/core/authoring'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../../docker-engine/test/failure-of.js'
import { docker } from '../src/backend.js'
import { dockerEngine } from '@flotilla/docker-engine'
import type { DockerOptions } from '../src/options.js'
import { readOptions } from '../src/options/settings.js'

const least = { image: 'web:1' }

describe('docker refuses', () => {
  const bad: readonly (readonly [field: string, options: object])[] = [
    ['image', {}],
    ['image', { image: '' }],
    ['image', { image: 'web 1' }],
    ['image', { image: '--privileged' }],
    ['image', { image: 'web:' }],
    ['image', { image: 'Web:1' }],
    ['image', { image: 'web:1:2' }],
    ['image', { image: 'web@sha256:0a' }],
    ['image', { image: 'https://registry.example/web' }],
    ['port', { ...least, port: 0 }],
    ['port', { ...least, port: 65_536 }],
    ['port', { ...least, address: 'published' }],
    ['command', { ...least, command: 'node app.js' }],
    ['command', { ...least, command: [] }],
    ['command.0', { ...least, command: ['a\0b'] }],
    ['network', { ...least, network: 'host' }],
    ['network', { ...least, network: 'none' }],
    ['network', { ...least, network: 'container:x' }],
    ['network', { ...least, address: 'name' }],
    ['network', { ...least, address: 'name', network: 'bridge' }],
    ['address', { ...least, address: 'dns' }],
    ['publishOn', { ...least, publishOn: 'localhost' }],
    ['cpus', { ...least, cpus: 0 }],
    ['cpus', { ...least, cpus: 0.001 }],
    ['network', { ...least, network: 'default' }],
    ['workingDir', { ...least, workingDir: 'srv' }],
    ['cpus', { ...least, cpus: Number.NaN }],
    ['memoryBytes', { ...least, memoryBytes: 1000 }],
    ['volumes.0', { ...least, volumes: ['data'] }],
    ['volumes.0', { ...least, volumes: ['data:relative'] }],
    ['volumes.0', { ...least, volumes: ['./a:/b'] }],
    ['volumes.0', { ...least, volumes: ['../a:/b'] }],
    ['volumes.0', { ...least, volumes: ['~/a:/b'] }],
    ['volumes.0', { ...least, volumes: ['a/b:/b'] }],
    ['volumes.0', { ...least, volumes: ['a:/b'] }],
    ['volumes.0', { ...least, volumes: ['data:/'] }],
    ['volumes.0', { ...least, volumes: ['data:/b:readonly'] }],
    ['volumes', { ...least, volumes: ['data:/b', 'more:/b/'] }],
    ['labels', { ...least, labels: { 'flotilla.group': 'x' } }],
    ['restart', { ...least, restart: 'sometimes' }],
    ['init', { ...least, init: 'yes' }],
    ['stopSignal', { ...least, stopSignal: 'TERM; reboot' }],
    ['stopSignal', { ...least, stopSignal: 'SIGFOO' }],
    ['stopSignal', { ...least, stopSignal: '65' }],
    ['stopSignal', { ...least, stopSignal: 'SIGRTMIN+16' }],
    ['graceMs', { ...least, graceMs: -1 }],
    ['pull', { ...least, pull: true }],
    ['registryAuth', { ...least, registryAuth: { username: 'a' } }],
    ['extraHosts.0', { ...least, extraHosts: ['db'] }],
    ['extraHosts.0', { ...least, extraHosts: ['db:elsewhere'] }],
    ['hostConfig.NanoCpus', { ...least, hostConfig: { NanoCpus: 1 } }],
    ['hostConfig.AutoRemove', { ...least, hostConfig: { AutoRemove: true } }],
    ['hostConfig.NetworkMode', { ...least, hostConfig: { NetworkMode: 'host' } }],
    ['scope', { ...least, scope: 'My Team' }],
    ['engine', { ...least, engine: '/var/run/docker.sock' }],
    ['engines', { ...least, engines: {} }],
  ]
  for (const [field, options] of bad) {
    it(`${field} in ${JSON.stringify(options)}`, () => {
      const error = failureOf(() => docker(options as DockerOptions))
      expect(error.code).toBe('invalid-options')
      expect(error.field).toBe(field)
      expect(error.message).toMatch(/^docker: /)
    })
  }

  it('options that are none', () => {
    expect(failureOf(() => docker(undefined as unknown as DockerOptions)).code).toBe('invalid-options')
    expect(failureOf(() => docker({ ...least, engine: { port: 1 } as object })).field).toBe('port')
    expect(failureOf(() => dockerEngine({ timeoutMs: 0 })).field).toBe('timeoutMs')
  })

  it('a bad variable by its name, and never shows a value', () => {
    const error = failureOf(() => docker({ ...least, env: { SECRET: 17 as unknown as string } }))
    expect(error.field).toBe('env.SECRET')
    const nul = failureOf(() => docker({ ...least, env: { DB_URL: 'hunter2\0' } }))
    expect(nul.field).toBe('env.DB_URL')
    expect(`${nul.message} ${String(nul.value)}`).not.toContain('hunter2')
    expect(failureOf(() => docker({ ...least, env: { 'A=B': 'x' } })).field).toBe('env')
  })

  it('a registry password without showing it', () => {
    const registryAuth = { username: 'ops', password: 17 as unknown as string, token: 'hunter2' }
    const error = failureOf(() => docker({ ...least, registryAuth }))
    expect(error.message).not.toContain('hunter2')
  })
})

describe('docker takes', () => {
  const good: readonly Partial<DockerOptions>[] = [
    { image: `sha256:${'0a'.repeat(32)}` },
    { image: 'registry.example:5000/team/web_app:1.2-rc.1' },
    { image: `localhost/web:1@sha256:${'0a'.repeat(32)}` },
    { image: '[::1]:5000/web' },
    { volumes: ['data:/data', '/srv/www:/www:ro', '/a:/b:rshared,z', 'db_1.x:/db'] },
    { stopSignal: 'SIGRTMIN+3' },
    { stopSignal: 'TERM' },
    { stopSignal: '15' },
    { cpus: 0.01 },
    { extraHosts: ['db:10.0.0.7', 'v6:[::1]', 'host.docker.internal:host-gateway'] },
  ]
  for (const options of good) {
    it(`the options ${JSON.stringify(options)}`, () =>
      expect(readOptions({ ...least, ...options })).toBeDefined())
  }
})

describe('the template', () => {
  it('pulls one tag, not all there are', () => {
    const images = [
      'web',
      'registry:5000/web',
      'web:1',
      `web@sha256:${'0a'.repeat(32)}`,
      'registry:5000/a/web:2',
    ]
    expect(images.map((image) => readOptions({ image }).template.image)).toEqual([
      'web:latest',
      'registry:5000/web:latest',
      'web:1',
      `web@sha256:${'0a'.repeat(32)}`,
      'registry:5000/a/web:2',
    ])
  })

  const hash = (options: Partial<DockerOptions>): string =>
    templateHash(readOptions({ ...least, ...options }).template)

  it('has a hash that does not depend on the order of keys', () => {
    expect(hash({ env: { A: '1', B: '2' } })).toBe(hash({ env: { B: '2', A: '1' } }))
    expect(hash({})).toBe(hash({ init: true, restart: 'no', env: {} }))
  })

  it('has another hash for whatever makes an instance another', () => {
    const templates: readonly Partial<DockerOptions>[] = [
      {},
      { image: 'web:2' },
      { env: { A: '1' } },
      { env: { A: '2' } },
      { command: ['a'] },
      { entrypoint: ['a'] },
      { cpus: 1 },
      { memoryBytes: 2 ** 30 },
      { network: 'other' },
      { port: 1 },
      { init: false },
      { hostConfig: { ReadonlyRootfs: true } },
    ]
    expect(new Set(templates.map(hash)).size).toBe(templates.length)
  })

  it('has the same hash for whatever does not', () => {
    expect(hash({ graceMs: 1, parallel: 2, pull: 'never', zone: 'a', scope: 'b' })).toBe(hash({}))
  })

  it('never lets a value of a variable be read from its hash or label', () => {
    expect(hash({ env: { PASSWORD: 'hunter2' } })).not.toContain('hunter2')
  })
})
