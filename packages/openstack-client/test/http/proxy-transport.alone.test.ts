import { expect, it, vi } from 'vitest'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { listen } from '../fake-cloud/listen.js'
import { auth, open } from '../fake-cloud/open.js'

const loaded = vi.hoisted(() => ({ count: 0 }))
vi.mock('undici', async (original) => {
  loaded.count += 1
  return original()
})

it('undici is loaded only for a proxy, with the first call', async () => {
  const fake = new FakeCloud()
  const server = await listen(fake)
  const proxied = { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '127.0.0.1' }
  const only = { HTTP_PROXY: 'http://127.0.0.1:9' }
  const client = (options = {}) =>
    open(fake, { auth: { ...auth, authUrl: `${server.url}/identity/v3` }, send: undefined, ...options }).cloud
  const [plain, special] = [client({ insecure: true }), client({ environment: proxied })]
  await plain.whoAmI()
  await special.whoAmI()
  await special.close()
  expect(loaded.count).toBe(0)
  const used = client({ environment: only, retries: { count: 0 } })
  await expect(used.whoAmI()).rejects.toThrow(
    /no answer from http:\/\/127.0.0.1:\d+ by way of the proxy http:\/\/127.0.0.1:9: /,
  )
  expect(loaded.count).toBe(1)
  await Promise.all([plain.close(), used.close()])
  await server.close()
})
