import { expect, it, vi } from 'vitest'
import { FakeCloud } from './fake-cloud/fake-cloud.js'
import { listen } from './fake-cloud/listen.js'
import { auth, open } from './fake-cloud/open.js'

const loaded = vi.hoisted(() => ({ count: 0 }))
vi.mock('undici', async (original) => {
  loaded.count += 1
  return original()
})

it('undici is loaded only where the built-in fetch does not do', async () => {
  const fake = new FakeCloud()
  const server = await listen(fake)
  const client = (options = {}) =>
    open(fake, { auth: { ...auth, authUrl: `${server.url}/identity/v3` }, send: undefined, ...options }).cloud
  const [plain, special] = [client(), client({ insecure: true })]
  await plain.whoAmI()
  await special.close()
  expect(loaded.count).toBe(0)
  const used = client({ insecure: true })
  await used.whoAmI()
  expect(loaded.count).toBe(1)
  await Promise.all([plain.close(), used.close()])
  await server.close()
})
