import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { docker } from '../../packages/backend-docker/src/index.js'
import { kvm, kvmHost } from '../../packages/backend-kvm/src/index.js'
import { openstack, openstackCloud, octavia } from '../../packages/backend-openstack/src/index.js'
import { processes } from '../../packages/backend-process/src/index.js'
import { swarmService } from '../../packages/backend-swarm/src/index.js'
import { nginx } from '../../packages/balancer-nginx/src/index.js'
import { proxy } from '../../packages/balancer-proxy/src/index.js'
import { decisionLogFile, fileStore, memoryStore } from '../../packages/core/src/index.js'
import { FakeStorage, fakeBackend, fakeBalancer } from '../../packages/core/src/testing/index.js'
import { dockerEngine } from '../../packages/docker-engine/src/index.js'

const cloud = {
  auth: {
    authUrl: 'http://127.0.0.1:9/v3',
    username: 'somebody',
    password: 'x',
    userDomainName: 'Default',
    projectName: 'lab',
    projectDomainName: 'Default',
  },
}

const makers: readonly (readonly [string, () => AsyncDisposable & { close(): Promise<void> }])[] = [
  ['processes', () => processes({ command: ['node'] })],
  ['docker', () => docker({ image: 'web', port: 80 })],
  ['dockerEngine', () => dockerEngine()],
  ['swarmService', () => swarmService({ image: 'web', port: 80, address: 'published' })],
  [
    'kvm',
    () =>
      kvm({
        golden: { path: '/images/web.qcow2' },
        directory: '/images',
        vcpus: 1,
        memoryMib: 512,
        networks: ['default'],
        port: 80,
      }),
  ],
  ['kvmHost', () => kvmHost()],
  ['openstack', () => openstack({ cloud, image: 'web', flavor: 'small', networks: ['net'], port: 80 })],
  ['openstackCloud', () => openstackCloud(cloud)],
  ['octavia', () => octavia({ cloud, pool: 'web' })],
  ['proxy', () => proxy({ port: 0 })],
  ['nginx', () => nginx({ upstream: 'web' })],
  ['fileStore', () => fileStore(tmpdir())],
  ['memoryStore', () => memoryStore()],
  ['decisionLogFile', () => decisionLogFile({ path: `${tmpdir()}/flotilla-never-written.jsonl` })],
  ['fakeBackend', () => fakeBackend()],
  ['fakeBalancer', () => fakeBalancer()],
  ['FakeStore', () => new FakeStorage().open()],
]

it.each(makers)('%s is closed by await using', async (_, make) => {
  const made = make()
  let closeCount = 0
  const close = made.close.bind(made)
  made.close = async () => {
    closeCount += 1
    await close()
  }
  await made[Symbol.asyncDispose]()
  expect(closeCount).toBe(1)
})
