import type { Backend } from '@flotilla/core'
import { afterEach, beforeEach } from 'vitest'
import type { OpenStackBackend } from '../../src/backend.js'
import { FakeCloud } from '../fake-cloud/fake-cloud.js'
import { fakeBackend, type Opened } from './openstack-kit.js'

interface CloudTests {
  fake: FakeCloud
  readonly open: (given?: Opened) => OpenStackBackend
}

/** A fake cloud for each test of a block, and backends on it that are closed at its end. */
export function cloudTests(): CloudTests {
  const opened: Backend[] = []
  const tests: CloudTests = {
    fake: new FakeCloud(),
    open: (given = {}) => {
      const backend = fakeBackend(tests.fake, given)
      opened.push(backend)
      return backend
    },
  }
  beforeEach(async () => {
    tests.fake = await FakeCloud.open()
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(async (backend) => backend.close()))
    await tests.fake.http.close()
  })
  return tests
}

export const { signal } = new AbortController()

/** Launches these tokens, one after the other. */
export async function launchAll(backend: Backend, ...tokens: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = []
  for (const token of tokens) ids.push((await backend.launch({ group: 'web', token }, { signal })).id)
  return ids
}
