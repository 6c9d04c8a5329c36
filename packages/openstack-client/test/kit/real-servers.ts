import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TlsOptions } from 'node:tls'
import { afterEach, beforeEach } from 'vitest'
import type { ConnectOptions } from '../../src/config/connect-options.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { listen, type Listening } from '../fake-cloud/listen.js'
import { auth, open } from '../fake-cloud/open.js'
import type { TestCertificate } from './certificate.js'

export const limits = '/compute/v2.1/limits'

/** Servers on loopback and clients of them, which end with each test. */
export function realServers() {
  let folder = ''
  const ends: (() => Promise<void>)[] = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openstack-client-'))
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    /** Runs after the test. */
    atEnd: (end: () => Promise<void>): void => void ends.push(end),
    file: (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    },
    serve: async (tls?: TestCertificate & Partial<TlsOptions>) => {
      const fake = new FakeCloud().replay('GET', limits, 'limits')
      const server: Listening = await listen(fake, tls)
      ends.push(() => server.close())
      const client = (options: Partial<ConnectOptions> = {}) => {
        const { cloud } = open(fake, {
          auth: { ...auth, authUrl: `${server.url}/identity/v3` },
          send: undefined,
          retries: { count: 0 },
          ...options,
        })
        ends.push(() => cloud.close())
        return cloud
      }
      return { fake, server, client }
    },
  }
}
