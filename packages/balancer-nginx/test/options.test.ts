import { describe, expect, it } from 'vitest'
import { nginx, type NginxOptions } from '../src/index.js'
import { settingsFrom } from '../src/options/settings.js'
import { commandsVia } from '../src/index.js'

const upstream = 'backend'
const commands = commandsVia(['ssh', 'lb1'], { configFile: '/x.conf' })

describe('nginx()', () => {
  it.each<readonly [string, Record<string, unknown>]>([
    ['upstream', {}],
    ['upstream', { upstream: '' }],
    ['upstream', { upstream: 'a b' }],
    ['upstream', { upstream: 'a;' }],
    ['upstream', { upstream: 'ü' }],
    ['upstream', { upstream: '-a' }],
    ['upstream', { upstream: 'a'.repeat(64) }],
    ['name', { upstream, name: '' }],
    ['container', { upstream, container: '' }],
    ['container', { upstream, container: '../etc' }],
    ['docker', { upstream, docker: { host: '/x' } }],
    ['docker.host', { upstream, container: 'lb', docker: { host: 'ftp://x' } }],
    ['docker.tls', { upstream, container: 'lb', docker: { tls: { ca: 'a', cert: 'b' } } }],
    ['docker.hots', { upstream, container: 'lb', docker: { hots: 'x' } }],
    ['commands', { upstream, container: 'lb', commands }],
    ['commands.test', { upstream, commands: { ...commands, test: 'nginx -t' } }],
    ['commands.reload', { upstream, commands: { ...commands, reload: [] } }],
    ['binary', { upstream, commands, binary: 'nginx' }],
    ['mainConfigFile', { upstream, commands, mainConfigFile: '/x' }],
    ['pidFile', { upstream, commands, pidFile: '/x' }],
    ['pidFile', { upstream, container: 'lb', pidFile: '/x' }],
    ['configFile', { upstream, configFile: 'x.conf' }],
    ['configFile', { upstream, configFile: '/x.conf\n' }],
    ['configFile', { upstream, configFile: '/etc/nginx/' }],
    ['listen', { upstream, listen: 0 }],
    ['listen', { upstream, listen: '80; }' }],
    ['listen', { upstream, listen: [] }],
    ['listen.1', { upstream, listen: [80, '*:80'] }],
    ['listen.1', { upstream, listen: [80, 'x'] }],
    ['serverNames', { upstream, serverNames: ['a'] }],
    ['serverNames', { upstream, listen: 80, serverNames: [] }],
    ['serverNames.0', { upstream, listen: 80, serverNames: ['a;b'] }],
    ['serverNames.0', { upstream, listen: 80, serverNames: ['*.a.*'] }],
    ['serverNames.0', { upstream, listen: 80, serverNames: ['~^a'] }],
    ['clientKeepAliveMs', { upstream, clientKeepAliveMs: 0 }],
    ['clientKeepAliveMs', { upstream, listen: 80, clientKeepAliveMs: -1 }],
    ['clientKeepAliveMs', { upstream, listen: 80, clientKeepAliveMs: 0.5 }],
    ['algorithm', { upstream, algorithm: 'random' }],
    ['algorithm.hash', { upstream, algorithm: { hash: '' } }],
    ['algorithm.hash', { upstream, algorithm: { hash: 'a\nb' } }],
    ['algorithm', { upstream, algorithm: { hash: '$x', consistent: 1 } }],
    ['keepAliveConnections', { upstream, keepAliveConnections: -1 }],
    ['keepAliveMs', { upstream, keepAliveMs: 0 }],
    ['maxFails', { upstream, maxFails: -1 }],
    ['failTimeoutSeconds', { upstream, failTimeoutSeconds: 0.5 }],
    ['directives.server', { upstream, directives: { server: [['gzip', 'on']] } }],
    ['directives.location', { upstream, directives: { location: [['gzip', 'on']] } }],
    ['directives.upstream.0', { upstream, directives: { upstream: ['zone x 1m'] } }],
    ['directives.upstream.0', { upstream, directives: { upstream: [['zone;']] } }],
    ['directives.upstream.0', { upstream, directives: { upstream: [['}']] } }],
    ['directives.upstream.0', { upstream, directives: { upstream: [['zone', 'a\u0000']] } }],
    ['directives.upstream.0', { upstream, directives: { upstream: [['zone', 1]] } }],
    ['directives.http', { upstream, directives: { http: [] } }],
    ['retryAfterSeconds', { upstream, retryAfterSeconds: -1 }],
    ['drainTimeoutMs', { upstream, drainTimeoutMs: Number.NaN }],
    ['timeoutMs', { upstream, timeoutMs: 0 }],
    ['reloadTimeoutMs', { upstream, reloadTimeoutMs: Infinity }],
    ['internal.unavailable', { upstream, internal: { unavailable: '8008', status: '127.0.0.1:8009' } }],
    ['internal.unavailable', { upstream, internal: { unavailable: '0.0.0.0:1', status: '127.0.0.1:2' } }],
    ['internal.status', { upstream, internal: { unavailable: '127.0.0.1:1', status: 'x' } }],
    ['internal.status', { upstream, internal: { unavailable: '127.0.0.1:1', status: '127.0.0.1:1' } }],
    ['internal.status', { upstream, listen: 81, internal: { unavailable: '127.0.0.1:1', status: '*:81' } }],
    ['statusUrl', { upstream, statusUrl: 'ftp://x' }],
    ['statusUrl', { upstream, statusUrl: 'http://x/status' }],
    ['statusUrl', { upstream, statusUrl: true }],
    ['clock', { upstream, clock: {} }],
    ['host', { upstream, host: 'x' }],
  ])('refuses a bad %s: %j', (field, options) => {
    expect(() => nginx(options as unknown as NginxOptions)).toThrow(
      expect.objectContaining({ name: 'FlotillaError', code: 'invalid-options', field }),
    )
  })

  it('needs no more than the name of the upstream', () => {
    expect(nginx({ upstream })).toMatchObject({ name: 'nginx' })
    expect(settingsFrom({ upstream })).toMatchObject({
      configFile: '/etc/nginx/conf.d/flotilla-backend.conf',
      reach: { kind: 'host', binary: 'nginx' },
      drainMs: 30_000,
      shape: {
        algorithm: 'round-robin',
        keepalive: { connectionCount: 32, idleMs: 4000 },
        server: undefined,
      },
    })
  })

  it('reads as the example does', () => {
    const { reach, statusUrl } = settingsFrom({ container: 'nginx-lb', upstream })
    expect(reach).toMatchObject({ kind: 'container', name: 'nginx-lb', docker: {} })
    expect(statusUrl).toBeUndefined()
    expect(nginx({ container: 'nginx-lb', upstream }).provides).toEqual([])
  })

  it('gives metrics where its status can be asked', () => {
    const names = (options: Partial<NginxOptions>): readonly string[] =>
      nginx({ upstream, ...options }).provides.map(({ name }) => name)
    const all = ['http.request_rate', 'http.in_flight', 'http.active_connections']
    expect(names({})).toEqual(all)
    expect(names({ statusUrl: false })).toEqual([])
    expect(names({ container: 'lb', statusUrl: 'http://172.18.0.2:10009' })).toEqual(all)
  })

  it('has addresses of its own for each upstream and file, the same at every start', () => {
    const of = (options: NginxOptions): string | undefined => settingsFrom(options).shape.internal.status
    expect(of({ upstream })).toMatch(/^127\.\d+\.\d+\.\d+:10009$/)
    expect(of({ upstream })).toBe(of({ upstream }))
    expect(of({ upstream })).not.toBe(of({ upstream: 'other' }))
    expect(of({ upstream })).not.toBe(of({ upstream, configFile: '/x.conf' }))
  })

  it.each([
    ['127.0.0.1:81', 'http://127.0.0.1:81/'],
    ['*:81', 'http://127.0.0.1:81/'],
    ['81', 'http://127.0.0.1:81/'],
    ['0.0.0.0:81', 'http://127.0.0.1:81/'],
    ['[::1]:81', 'http://[::1]:81/'],
    ['unix:/run/s.sock', undefined],
  ])('asks a status server on %s at %s', (status, url) => {
    const { statusUrl } = settingsFrom({ upstream, internal: { unavailable: '127.0.0.1:80', status } })
    expect(statusUrl?.href).toBe(url)
  })

  it('never shows a key of TLS', () => {
    const tls = { ca: 'a', cert: '', key: 'SECRET' }
    expect(() => nginx({ upstream, container: 'lb', docker: { tls } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('SECRET') }),
    )
  })
})
