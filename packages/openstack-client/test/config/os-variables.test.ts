import { describe, expect, it } from 'vitest'
import { proxyOfVariables } from '../../src/config/os-variables.js'
import { configFolders } from '../kit/config-folders.js'

const { settings } = configFolders()

describe('variables', () => {
  it('of an openrc, as MicroStack writes it, describe a cloud', () => {
    const environment = {
      OS_AUTH_TYPE: 'password',
      OS_AUTH_URL: 'https://10.20.20.1:5000/v3/',
      OS_CACERT: '/var/snap/microstack/common/etc/ssl/certs/cacert.pem',
      OS_IDENTITY_API_VERSION: '3',
      OS_PASSWORD: 'p',
      OS_PROJECT_DOMAIN_NAME: 'default',
      OS_PROJECT_NAME: 'admin',
      OS_USERNAME: 'admin',
      OS_USER_DOMAIN_NAME: 'default',
      OS_REGION_NAME: 'microstack',
      OS_INTERFACE: 'internal',
      OS_COMPUTE_ENDPOINT_OVERRIDE: 'http://nova',
    }
    expect(settings({ environment })).toMatchObject({
      name: 'envvars',
      region: 'microstack',
      interfaces: ['internal'],
      caFile: '/var/snap/microstack/common/etc/ssl/certs/cacert.pem',
      insecure: false,
      auth: {
        authUrl: 'https://10.20.20.1:5000/v3/',
        identity: { kind: 'password', user: { name: 'admin', domain: { name: 'default' } } },
        scope: { kind: 'project', project: { name: 'admin', domain: { name: 'default' } } },
      },
    })
  })

  it('that only choose describe none', () => {
    expect(() => settings({ environment: { OS_REGION_NAME: 'x', OS_CLOUD_NAME: 'y' } })).toThrow(
      /which cloud/,
    )
  })

  it.each([
    [{}, undefined],
    [{ HTTP_PROXY: 'http://p' }, { http: 'http://p', https: undefined, except: undefined }],
    [
      { https_proxy: 'http://s', NO_PROXY: 'a,b' },
      { http: undefined, https: 'http://s', except: 'a,b' },
    ],
    [
      { ALL_PROXY: 'http://a', HTTP_PROXY: 'http://p' },
      { http: 'http://p', https: 'http://a', except: undefined },
    ],
    [{ HTTP_PROXY: '', NO_PROXY: 'a' }, undefined],
  ])('say the proxy: %j', (environment, wanted) => {
    expect(proxyOfVariables(environment)).toEqual(wanted)
  })
})
