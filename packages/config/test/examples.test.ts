import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readConfig, readConfigText } from '../src/index.js'

const root = new URL('../../../', import.meta.url)

beforeAll(() => {
  // Which cloud is told by its own variables, which are read when it is opened.
  for (const [name, value] of Object.entries({
    OS_AUTH_URL: 'http://127.0.0.1:5000/v3',
    OS_USERNAME: 'me',
    OS_PASSWORD: 'secret',
    OS_PROJECT_NAME: 'mine',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
  })) {
    vi.stubEnv(name, value)
  }
})
afterAll(() => void vi.unstubAllEnvs())

describe('the files of the examples', () => {
  it.each(['docker-nginx', 'kvm-host-cpu', 'kvm-lab', 'openstack-requests'])(
    '%s/flotilla.yaml can be read, in thirty lines',
    { timeout: 120_000 },
    async (example) => {
      const path = fileURLToPath(new URL(`examples/${example}/flotilla.yaml`, root))
      const { groups } = await readConfig(path, { env: {} })
      expect(groups.size).toBe(1)
      const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => !/^\s*(#.*)?$/.test(line))
      expect(lines.length).toBeLessThanOrEqual(30)
    },
  )

  it('of the README has a Docker group behind Nginx in fifteen lines', { timeout: 120_000 }, async () => {
    const readme = await readFile(new URL('packages/config/README.md', root), 'utf8')
    const [, yaml = ''] = /```yaml\n([^]*?)```/.exec(readme) ?? []
    const { groups } = await readConfigText(yaml)
    expect([...groups.keys()]).toEqual(['web'])
    expect(yaml.trim().split('\n').length).toBeLessThanOrEqual(15)
  })
})
