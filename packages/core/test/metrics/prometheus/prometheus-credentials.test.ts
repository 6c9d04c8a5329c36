import { describe, expect, it } from 'vitest'
import { prometheus, type PrometheusOptions } from '../../../src/metrics/prometheus/prometheus.js'
import { freePort } from '../../http/loopback.js'
import { base, fakePrometheus } from './fake-prometheus.js'
import { scalar } from './prometheus-answers.js'
import { request } from '../samples.js'

/** The header that reaches the server. */
async function authorizationFor(
  options: Partial<PrometheusOptions>,
  withUser: string = '',
): Promise<unknown> {
  const { url, asked } = await fakePrometheus(scalar('1'))
  await prometheus({ ...base, ...options, url: url.replace('//', `//${withUser}`) }).sample(request())
  return asked[0]?.headers.authorization
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`
}

describe('credentials of prometheus', () => {
  it('are sent as asked', async () => {
    expect(await authorizationFor({})).toBeUndefined()
    expect(await authorizationFor({ bearerToken: 'abc' })).toBe('Bearer abc')
    expect(await authorizationFor({ basic: { username: 'u', password: 'pä:ss' } })).toBe(basic('u:pä:ss'))
    expect(await authorizationFor({}, 'u:p%40ss@')).toBe(basic('u:p@ss'))
    expect(await authorizationFor({ headers: { Authorization: 'Custom x' } })).toBe('Custom x')
  })

  it('in a URL appear in no error', async () => {
    const url = `http://admin:hunter2@127.0.0.1:${await freePort()}/?token=hunter2`
    const error = await prometheus({ ...base, url })
      .sample(request())
      .catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('query Prometheus at http://127.0.0.1')
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|admin/)
  })

  it.each<[object, string]>([
    [{ url: 'http://admin:hun/ter2@host' }, 'url'],
    [{ url: 'ftp://admin:hunter2@host' }, 'url'],
    [{ url: 'http://admin:%hunter2@host' }, 'url'],
    [{ headers: { 'X-Api-Key': 'hunter2\r\nX: y' } }, 'headers.X-Api-Key'],
    [{ headers: { Cookie: ['hunter2'] } }, 'headers.Cookie'],
    [{ headers: 'hunter2' }, 'headers'],
    [{ bearerToken: 'hunter2\n' }, 'bearerToken'],
    [{ bearerToken: { token: 'hunter2' } }, 'bearerToken'],
    [{ basic: 'admin:hunter2' }, 'basic'],
    [{ basic: { username: 'admin', password: ['hunter2'] } }, 'basic.password'],
    [{ basic: { username: 'admin', password: 'x', passwd: 'hunter2' } }, 'basic.passwd'],
    [{ basic: { username: 'admin', password: 'x' }, bearerToken: 'hunter2' }, 'bearerToken'],
    [{ headers: { authorization: 'hunter2' }, bearerToken: 'hunter2' }, 'headers.authorization'],
  ])('that cannot be are refused and not shown: %o', (options, field) => {
    let error: unknown
    try {
      prometheus({ ...base, ...options })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'invalid-options', field })
    expect(`${JSON.stringify(error)} ${String(error)}`).not.toMatch(/hun(\/)?ter2/)
  })
})
