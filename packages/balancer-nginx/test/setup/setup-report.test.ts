import { describe, expect, it } from 'vitest'
import { renderConfig } from '../../src/config/nginx-config.js'
import type { NginxOptions } from '../../src/options.js'
import { settingsFrom } from '../../src/options/settings.js'
import { installationFrom } from '../../src/setup/installation.js'
import { setupFiles, type StrictSetup } from '../../src/setup/setup-files.js'
import { setupReport, type SetupReport } from '../../src/setup/setup-report.js'
import { timeMs } from '../../src/setup/time-value.js'
import { member } from '../sample.js'

function reportOn(http: string, version = '1.22.1', main = ''): SetupReport {
  const dump = `# configuration file /etc/nginx/nginx.conf:\n${main}\nhttp {\n${http}\n}\n`
  return setupReport(installationFrom(dump), version, 'backend')
}

const front = (more: string): string =>
  `server { listen 80; ${more} location / { proxy_pass http://backend; } }`

describe('setupReport', () => {
  it.each([
    ['', '1.22.1', 'client-retry'],
    ['keepalive_timeout 65;', '1.22.1', 'client-retry'],
    ['keepalive_timeout 0;', '1.22.1', 'no-client-keepalive'],
    ['keepalive_timeout 0s 5s;', '1.22.1', 'no-client-keepalive'],
    ['keepalive_min_timeout 5s;', '1.27.4', 'keepalive-min-timeout'],
    ['keepalive_min_timeout 5s;', '1.28.0', 'keepalive-min-timeout'],
    ['keepalive_min_timeout 5s;', '2.0.0', 'keepalive-min-timeout'],
    ['keepalive_min_timeout 5s;', '1.27.3', 'client-retry'],
    ['keepalive_min_timeout 5s;', 'unknown', 'client-retry'],
    ['keepalive_min_timeout 0;', '1.28.0', 'client-retry'],
  ])('a server with "%s" on %s is %s', (setting, version, kind) => {
    const report = reportOn(front(setting), version)
    expect(report.kind).toBe(kind)
    expect(report.isStrictlyLossless).toBe(kind !== 'client-retry')
    expect(report.version).toBe(version)
  })

  it('knows the inner of two stages by its socket', () => {
    const inner = front('keepalive_timeout 0;').replace('listen 80', 'listen unix:/run/x.sock')
    expect(reportOn(inner)).toMatchObject({ kind: 'two-stage', isStrictlyLossless: true })
  })

  it('heeds where a setting stands', () => {
    expect(reportOn(`keepalive_timeout 0; ${front('')}`).kind).toBe('no-client-keepalive')
    expect(reportOn(`keepalive_timeout 0; ${front('keepalive_timeout 10;')}`).kind).toBe('client-retry')
    const inLocation = `server { location / { keepalive_timeout 0; if ($x) { proxy_pass http://backend/a; } } }`
    expect(reportOn(inLocation).kind).toBe('no-client-keepalive')
  })

  it('is as weak as the weakest server that passes to the upstream', () => {
    const report = reportOn(`${front('keepalive_timeout 0;')} ${front('')}`)
    expect(report).toMatchObject({ kind: 'client-retry', isStrictlyLossless: false })
    expect(report.notes.join(' ')).toContain('Its servers differ')
  })

  it.each([
    'http://backend',
    'https://backend',
    'http://backend/path',
    'http://backend:80',
    'http://BACKEND',
  ])('sees a server that passes to %s', (target) => {
    expect(reportOn(front('').replace('http://backend', target)).kind).toBe('client-retry')
  })

  it.each(['http://backend2', 'http://other', 'http://10.0.0.1', 'http://$x'])(
    'passes over one to %s',
    (target) => {
      expect(reportOn(front('').replace('http://backend', target)).kind).toBe('unknown')
    },
  )

  it('says whether old workers end at all', () => {
    const unset = reportOn(front(''))
    expect(unset.workerShutdownMs).toBeUndefined()
    expect(unset.notes.join(' ')).toContain('worker_shutdown_timeout is not set')
    const set = reportOn(front(''), '1.22.1', 'worker_shutdown_timeout "1m 30s";')
    expect(set.workerShutdownMs).toBe(90_000)
    expect(set.notes.join(' ')).not.toContain('worker_shutdown_timeout')
    expect(reportOn(front(''), '1.22.1', 'worker_shutdown_timeout 0;').workerShutdownMs).toBeUndefined()
  })
})

describe('installationFrom', () => {
  it('reads what bears on us', () => {
    const dump = '# configuration file /n.conf:\npid /run/n.pid;\nerror_log /var/log/e.log warn;\n'
    expect(installationFrom(dump)).toMatchObject({ pidFile: '/run/n.pid', errorLog: '/var/log/e.log' })
  })

  it('has no file for a log that is none', () => {
    const dump = '# configuration file /n.conf:\nerror_log stderr;\n'
    expect(installationFrom(dump).errorLog).toBeUndefined()
  })
})

it.each([
  ['75', 75_000],
  ['0', 0],
  ['500ms', 500],
  ['1m 30s', 90_000],
  ['1h', 3_600_000],
  ['1d2h', 93_600_000],
  ['', undefined],
  ['soon', undefined],
])('the time %j is %s ms', (text, expected) => {
  expect(timeMs(text)).toBe(expected)
})

describe('setupFiles', () => {
  it.each(['two', undefined, 'client-retry'])('refuses a setup called %s', (setup) => {
    const options = { listen: 80, configFile: '/etc/nginx/flotilla/web.conf' }
    expect(() => setupFiles(setup as never, options)).toThrow(
      expect.objectContaining({ code: 'invalid-options', field: 'setup' }),
    )
  })

  const given = { listen: 80, configFile: '/etc/nginx/conf.d/web.conf', runDirectory: '/run/web' }

  it.each(['no-client-keepalive', 'two-stage', 'keepalive-min-timeout'] as const)(
    'gives what describeSetup calls %s',
    (setup: StrictSetup) => {
      const { files, options } = setupFiles(setup, given)
      const settings = settingsFrom({ upstream: 'backend', ...options } satisfies NginxOptions)
      const ours = renderConfig(settings.shape, [member('a')]).text
      const dump = `# configuration file /nginx.conf:\n${files['nginx.conf']}\n# configuration file ${options.configFile}:\n${ours}\n`
      const report = setupReport(installationFrom(dump), '1.27.4', 'backend')
      expect(report).toMatchObject({ kind: setup, isStrictlyLossless: true, workerShutdownMs: 30_000 })
      expect(settings.drainMs).toBe(30_000)
    },
  )

  it('gives two stages a front that asks with a connection for each request', () => {
    const { files, options } = setupFiles('two-stage', given)
    expect(options.listen).toBe('unix:/run/web/nginx-inner.sock')
    expect(files['front.conf']).toContain('proxy_pass http://unix:/run/web/nginx-inner.sock;')
    expect(files['front.conf']).toMatch(
      /map \$http_upgrade \$flotilla_connection \{\s+default upgrade;\s+"" close;/,
    )
  })

  it.each([
    [{ ...given, listen: 'localhost:80' }, 'listen'],
    [{ ...given, configFile: 'web.conf' }, 'configFile'],
    [{ ...given, runDirectory: '/run/a b' }, 'runDirectory'],
    [{ ...given, drainTimeoutMs: 0.5 }, 'drainTimeoutMs'],
  ])('refuses %j', (options, field) => {
    expect(() => setupFiles('two-stage', options)).toThrow(expect.objectContaining({ field }))
  })
})
