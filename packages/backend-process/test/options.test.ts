import { homedir } from 'node:os'
import { join } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { describe, expect, it } from 'vitest'
import { instanceEnv } from '../src/options/environment.js'
import { readOptions } from '../src/options/settings.js'
import { defaultStateDir } from '../src/book/state-dir.js'
import { hashOf } from '../src/options/settings.js'

const read = (options: object) => readOptions({ command: 'node', ...options })

function refusal(options: object): FlotillaError {
  try {
    read(options)
  } catch (error) {
    if (error instanceof FlotillaError) return error
  }
  throw new Error('it was taken')
}

describe('options', () => {
  it('need nothing but a command', () => {
    expect(read({})).toMatchObject({
      argv: ['node'],
      cwd: process.cwd(),
      host: '127.0.0.1',
      portEnv: 'PORT',
      portRange: [20_000, 29_999],
      stopSignal: 'SIGTERM',
      graceMs: 10_000,
      cpus: 1,
    })
  })

  it('may be undefined like left out', () => {
    expect(read({ args: undefined, env: undefined, cwd: undefined, portRange: undefined })).toEqual(read({}))
  })

  it('put the arguments of an array before those of args', () => {
    expect(read({ command: ['sh', '-c'], args: ['true', ''] }).argv).toEqual(['sh', '-c', 'true', ''])
  })

  it('take a plain string as the executable, and never split it', () => {
    expect(read({ command: 'my program' }).argv).toEqual(['my program'])
  })

  it.each([
    ['command', { command: '' }],
    ['command', { command: [] }],
    ['command', { command: ['node', 1] }],
    ['command', { command: 'a\0b' }],
    ['command', { command: undefined }],
    ['args', { args: 'x' }],
    ['args.0', { args: [5] }],
    ['cwd', { cwd: '' }],
    ['host', { host: 'a b' }],
    ['host', { host: 'http://x/' }],
    ['portEnv', { portEnv: 'A-B' }],
    ['portEnv', { portEnv: 'FLOTILLA_PORT' }],
    ['portRange', { portRange: [2, 1] }],
    ['portRange.0', { portRange: [0, 1] }],
    ['portRange.1', { portRange: [1, 65_536] }],
    ['portRange', { portRange: 8080 }],
    ['stateDir', { stateDir: 7 }],
    ['stopSignal', { stopSignal: 'SIGNOTHING' }],
    ['graceMs', { graceMs: Number.NaN }],
    ['graceMs', { graceMs: -1 }],
    ['cpus', { cpus: 0 }],
    ['cpus', { cpus: Infinity }],
    ['keepLogs', { keepLogs: 'yes' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['colour', { colour: 'red' }],
    ['env', { env: 'A=1' }],
    ['env', { env: ['A'] }],
    ['env', { env: { 'A=B': 'x' } }],
    ['env.A', { env: { A: 5 } }],
    ['env.A', { env: { A: 'x\0' } }],
    ['env.PORT', { env: { PORT: '1' } }],
    ['env.HTTP_PORT', { env: { HTTP_PORT: '1' }, portEnv: 'HTTP_PORT' }],
    ['env.FLOTILLA_GROUP', { env: { FLOTILLA_GROUP: 'x' } }],
  ])('refuse a bad %s: %j', (field, options) => {
    const error = refusal(options)
    expect(error.code).toBe('invalid-options')
    expect(error.field).toBe(field)
    expect(error.message).toContain(field)
  })

  it.each([{ env: 'PASSWORD=hunter2' }, { env: { A: 'hunter2\0' } }, { env: ['hunter2'] }])(
    'show no value of the environment when they refuse one',
    (options) => {
      const error = refusal(options)
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('hunter2')
    },
  )
})

describe('the environment of an instance', () => {
  const label = {
    owner: 'me',
    group: 'web',
    token: 't',
    host: '::1',
    port: 5,
    templateHash: 'abc',
    createdAt: 1,
  }

  it('is the controller’s with the user’s over it, the port and the label', () => {
    const env = instanceEnv({ ...read({ env: { A: '1', HOME: undefined } }), label })
    expect(env).toMatchObject({ A: '1', PORT: '5', FLOTILLA_GROUP: 'web', FLOTILLA_INSTANCE: 'web.t' })
    expect(env['PATH']).toBe(process.env['PATH'])
    expect(env['HOME']).toBeUndefined()
  })

  it('is nothing more than the user’s, the port and the label when it must not be inherited', () => {
    const names = Object.keys(instanceEnv({ ...read({ env: { A: '1' }, inheritEnv: false }), label }))
    expect(names.filter((name) => !name.startsWith('FLOTILLA_'))).toEqual(['A', 'PORT'])
  })
})

const hash = (options: object): string => hashOf(read(options))

describe('the template hash', () => {
  it('is the same for the same template, whatever the order of the environment', () => {
    expect(hash({ env: { A: '1', B: '2' } })).toBe(hash({ env: { B: '2', A: '1' } }))
  })

  it.each([
    { command: 'deno' },
    { args: ['x'] },
    { env: { A: '1' } },
    { env: { A: undefined } },
    { inheritEnv: false },
    { cwd: '/' },
    { host: '::1' },
    { portEnv: 'P' },
  ])('changes with %j', (options) => {
    expect(hash(options)).not.toBe(hash({}))
  })

  it.each([{ graceMs: 1 }, { stateDir: '/x' }, { portRange: [1, 2] }, { keepLogs: true }])(
    'does not change with %j, which makes no other instance',
    (options) => {
      expect(hash(options)).toBe(hash({}))
    },
  )

  it('tells an argument from two', () => {
    expect(hash({ args: ['a b'] })).not.toBe(hash({ args: ['a', 'b'] }))
  })
})

describe('the default state directory', () => {
  it.each([
    ['linux', '/h', undefined, '/h/.local/state/flotilla/processes'],
    ['linux', '/h', '/state', '/state/flotilla/processes'],
    ['linux', '/h', 'relative', '/h/.local/state/flotilla/processes'],
    ['darwin', '/h', '/state', '/h/Library/Application Support/flotilla/processes'],
  ] as const)('on %s with home %s and XDG_STATE_HOME %s is %s', (platform, home, xdg, expected) => {
    expect(defaultStateDir(platform, home, xdg)).toBe(expected)
  })

  it('lies in the home of the user', () => {
    expect(defaultStateDir('linux', homedir(), undefined)).toBe(
      join(homedir(), '.local/state/flotilla/processes'),
    )
  })
})
