import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { CallRecord } from '../../src/session/request.js'
import { Secret } from '../../src/secrets/secret.js'
import { settingsOf } from '../../src/config/settings-of-options.js'
import { FakeCloud, type FakeRequest } from '../fake-cloud/fake-cloud.js'
import { auth, open } from '../fake-cloud/open.js'
import { fixture } from '../kit/fixture.js'

const limits = '/compute/v2.1/limits'

/** Everything that a log or a debugger would show of a thing. */
const shown = (value: unknown): string =>
  [
    inspect(value, { depth: 20, showHidden: true, getters: true, breakLength: Infinity }),
    String(value),
    JSON.stringify(value) ?? '',
    value instanceof Error ? `${value.message}\n${value.stack}\n${inspect(value.cause, { depth: 20 })}` : '',
  ].join('\n')

const word = auth.password ?? ''

describe('a secret', () => {
  it('shows in no way', () => {
    const secret = new Secret(word)
    expect(shown({ secret, list: [secret] })).not.toContain(word)
    expect(String(secret)).toBe('(hidden)')
    expect(secret.reveal()).toBe(word)
  })

  it.each([
    ['password', { password: word, username: 'u' }],
    ['token', { token: word }],
    ['application credential', { applicationCredentialId: 'a', applicationCredentialSecret: word }],
  ])('does not show in the settings: %s', (_, given) => {
    expect(shown(settingsOf({ auth: { authUrl: 'http://k', ...given } }))).not.toContain(word)
  })

  it('does not show in a client that is signed in, nor in what it tells of its calls', async () => {
    const records: CallRecord[] = []
    const { cloud, fake } = open(new FakeCloud().replay('GET', limits, 'limits'), {
      onCall: (record) => records.push(record),
    })
    await cloud.compute.limits()
    const [token = ''] = fake.tokens
    expect(token).not.toBe('')
    const { compute, image, network, placement, loadBalancer } = cloud
    const all = shown([
      cloud,
      compute,
      image,
      network,
      placement,
      loadBalancer,
      records,
      await cloud.whoAmI(),
    ])
    expect(all).not.toContain(word)
    expect(all).not.toContain(token)
    expect(inspect(cloud)).toBe('Cloud { name: given in code }')
  })

  it('that Nova makes does not show either', async () => {
    const body = { server: { id: 's', adminPass: 'Xy7-admin-pass' } }
    const { cloud } = open(new FakeCloud().on('POST', '/compute/v2.1/servers', { status: 202, body }))
    const created = await cloud.compute.servers.create({ name: 'a', flavorId: '1' })
    expect(shown(created)).not.toContain('Xy7-admin-pass')
    expect(created.adminPassword?.reveal()).toBe('Xy7-admin-pass')
  })

  it('does not show in any error, though the other side repeats it', async () => {
    const repeating = (request: FakeRequest) => ({
      status: 400,
      body: {
        badRequest: {
          message: `you sent ${request.text} with ${request.headers.get('x-auth-token')} and ${word}`,
        },
      },
    })
    const failing = (request: FakeRequest): never => {
      throw new TypeError('fetch failed', {
        cause: new Error(`sent ${request.headers.get('x-auth-token')} ${word}`),
      })
    }
    for (const answer of [repeating, failing]) {
      for (const path of ['/identity/v3/auth/tokens', limits]) {
        const method = path === limits ? 'GET' : 'POST'
        const { cloud, fake } = open(new FakeCloud().on(method, path, answer), { retries: { count: 0 } })
        const error: unknown = await cloud.compute.limits().catch((thrown: unknown) => thrown)
        const { message, fault } = error as { message: string; fault?: string }
        for (const secret of [word, ...fake.tokens]) {
          expect(`${message} ${fault}`).not.toContain(secret)
        }
        expect(message).toContain('(hidden)')
        expect(shown(error)).not.toContain(word)
      }
    }
  })

  it('that cannot be a header does not show in what fetch says of it', async () => {
    const fake = new FakeCloud()
    fake.on('POST', '/identity/v3/auth/tokens', {
      status: 201,
      headers: {},
      body: { token: { expires_at: '2099-01-01T00:00:00Z', catalog: [] } },
    })
    const send: typeof fake.send = async (url, request) => {
      if (!url.includes('/identity/')) return fetch(url, request as RequestInit)
      const answer = await fake.send(url, request)
      const get = (name: string): string | null =>
        name === 'x-subject-token' ? 'to\u0000ken-with-a-hole' : answer.headers.get(name)
      return { status: answer.status, headers: { get }, text: () => answer.text() }
    }
    const { cloud } = open(fake, {
      send,
      endpoints: { compute: 'http://127.0.0.1:1/v2.1' },
      retries: { count: 0 },
    })
    const error: unknown = await cloud.compute.limits().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(shown(error)).not.toContain('ken-with-a-hole')
  })

  it('in the user data of a server does not come back in Nova’s refusal', async () => {
    const echo = (attribute: string, value: string, reason: string) => ({
      status: 400,
      body: {
        badRequest: { message: `Invalid input for field/attribute ${attribute}. Value: ${value}. ${reason}` },
      },
    })
    const cases = [
      [
        echo(
          'server',
          `{'name': 'x', 'user_data': 'aHVudGVyMjI='}`,
          "Additional properties are not allowed ('wobble' was unexpected)",
        ),
        /\(hidden\). Additional properties are not allowed \('wobble' was unexpected\)$/,
      ],
      [echo('user_data', 'aHVudGVyMjI=', "'aHVudGVyMjI=' is too long"), /Value: \(hidden\). is too long$/],
      [echo('adminPass', 'aHVudGVyMjI=', "'aHVudGVyMjI=' does not match"), /Value: \(hidden\)$/],
    ] as const
    for (const [answer, wanted] of cases) {
      const { cloud } = open(new FakeCloud().on('POST', '/compute/v2.1/servers', answer))
      const error: unknown = await cloud.compute.servers
        .create({ name: 'a', flavorId: '1' })
        .catch((thrown: unknown) => thrown)
      expect(shown(error)).not.toContain('aHVudGVyMjI')
      expect((error as { fault: string }).fault).toMatch(wanted)
    }
  })

  it.each([
    ['err-schema-400', /Value: \(hidden\). Additional properties are not allowed/],
    ['err-userdata-too-large-400', /Value: \(hidden\)/],
    ['err-bad-flavor-400', /./],
  ])('is looked for in the real refusals: %s', async (name, wanted) => {
    const { cloud } = open(new FakeCloud().replay('POST', '/compute/v2.1/servers', name))
    const made = cloud.compute.servers.create({ name: 'a', flavorId: '1' })
    await expect(made).rejects.toMatchObject({ fault: expect.stringMatching(wanted) })
    expect(fixture(name).response.status).toBe(400)
  })

  it('in a harmless field that is refused is told, for it helps', async () => {
    const message = "Invalid input for field/attribute name. Value: 'a'. 'a' is too short"
    const body = { badRequest: { code: 400, message } }
    const { cloud } = open(new FakeCloud().on('POST', '/compute/v2.1/servers', { status: 400, body }))
    const made = cloud.compute.servers.create({ name: 'a', flavorId: '1' })
    await expect(made).rejects.toMatchObject({ fault: message })
  })
})
