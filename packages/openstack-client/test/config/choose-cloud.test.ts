import { rmSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { configFolders } from '../kit/config-folders.js'

const { pathOf, write, settings } = configFolders()

const cloud = (name: string, extra = ''): string =>
  `  ${name}:\n    auth: { auth_url: http://${name}:5000/v3, username: u, password: p, project_name: lab }\n${extra}`

describe('which cloud is meant', () => {
  beforeEach(() => {
    write('user/clouds.yaml', `clouds:\n${cloud('one')}${cloud('two', '    region_name: West\n')}`)
  })

  const rc = { OS_AUTH_URL: 'http://rc:5000/v3', OS_USERNAME: 'u', OS_PASSWORD: 'p', OS_PROJECT_NAME: 'lab' }

  it.each([
    ['the one said in code', { cloud: 'two' }, { OS_CLOUD: 'one', ...rc }, 'two', 'http://two:5000/v3'],
    ['the one of OS_CLOUD', {}, { OS_CLOUD: 'one', ...rc }, 'one', 'http://one:5000/v3'],
    ['the one of the variables', {}, rc, 'envvars', 'http://rc:5000/v3'],
    ['the one of the variables, by its name', { cloud: 'envvars' }, rc, 'envvars', 'http://rc:5000/v3'],
    [
      'the one of the variables, by a name of its own',
      { cloud: 'mine' },
      { ...rc, OS_CLOUD_NAME: 'mine' },
      'mine',
      'http://rc:5000/v3',
    ],
  ])('%s', (_, options, environment, name, authUrl) => {
    const found = settings({ ...options, environment })
    expect(found.name).toBe(name)
    expect(found.auth.authUrl).toBe(authUrl)
  })

  it('is what the options say, without any file or variable', () => {
    const auth = { authUrl: 'http://code:5000', userId: 'u', password: 'p' }
    expect(settings({ auth, environment: { OS_CLOUD: 'one' } })).toMatchObject({
      name: 'given in code',
      auth: { authUrl: 'http://code:5000', scope: { kind: 'unscoped' } },
    })
  })

  it('is not guessed among several', () => {
    const wanted = /which cloud\? .*clouds.yaml has several: one, two; name one \(cloud, or OS_CLOUD\)/
    expect(() => settings()).toThrow(wanted)
    expect(() => settings({ cloud: 'three' })).toThrow(/no cloud named three: .*clouds.yaml has one, two/)
  })

  it('is the only one of a file that has one', () => {
    write('here/clouds.yaml', `clouds:\n${cloud('alone')}`)
    expect(settings().name).toBe('alone')
  })

  it('cannot be said when there is nothing at all', () => {
    rmSync(pathOf('user/clouds.yaml'))
    expect(() => settings()).toThrow(/which cloud\? no clouds.yaml in .*here/)
    expect(() => settings({ cloud: 'x' })).toThrow(/there is no clouds.yaml/)
  })

  it('has its region from code, then OS_REGION_NAME, then the file', () => {
    const environment = { OS_REGION_NAME: 'East' }
    expect(settings({ cloud: 'two' }).region).toBe('West')
    expect(settings({ cloud: 'two', environment }).region).toBe('East')
    expect(settings({ cloud: 'two', environment, region: 'North' }).region).toBe('North')
    expect(settings({ cloud: 'one' }).region).toBeUndefined()
  })
})
