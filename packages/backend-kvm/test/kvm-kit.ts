import { systemClock, type Backend, type Clock } from '@flotilla/core'
import type { BackendCall, BackendKit, BackendUnderTest, FakeClock } from '@flotilla/core/testing'
import { KvmBackend } from '../src/backend.js'
import { zoneOf } from '../src/connection/uri.js'
import { Host } from '../src/host/host.js'
import { readOptions } from '../src/options.js'
import type { KvmOptions } from '../src/options/kvm-options.js'
import { libvirtError } from './fakes/fake-errors.js'
import { FakeHypervisor, type HypervisorCall } from './fakes/fake-hypervisor.js'

export const template: KvmOptions = {
  golden: { pool: 'default', volume: 'golden.qcow2' },
  port: 8080,
  vcpus: 2,
  domainType: 'qemu',
}

export interface FakeSetting {
  readonly options?: Partial<KvmOptions> | undefined
  readonly clock?: Clock | undefined
  readonly timeoutMs?: number | undefined
  readonly listMaxAgeMs?: number | undefined
}

/** A connection to a fake hypervisor. */
export function fakeHost(
  fake: FakeHypervisor,
  { clock = systemClock, timeoutMs = 30_000, listMaxAgeMs = 500 }: FakeSetting = {},
): Host {
  return new Host({
    uri: fake.uri,
    connect: async () => fake,
    clock,
    timeoutMs,
    listMaxAgeMs,
    zone: zoneOf(fake.uri),
  })
}

/** A backend on fake hypervisors. */
export function fakeKvm(
  fakes: FakeHypervisor | readonly FakeHypervisor[],
  setting: FakeSetting = {},
): KvmBackend {
  const settings = readOptions({ ...template, shutdownMs: 200, ...setting.options })
  const hosts = [fakes].flat().map((fake) => fakeHost(fake, setting))
  return new KvmBackend(settings, hosts, { isShared: false })
}

export interface FakeKitOptions {
  /** Calls take a little of its time, so that aborts meet them half way; a busy machine changes nothing. */
  readonly clock: FakeClock
  readonly hostCount?: number | undefined
  readonly options?: Partial<KvmOptions> | undefined
}

/** The contract suite's kit on fake hypervisors, for `inFakeTime`. */
export function fakeKvmKit({ clock, hostCount = 1, options = {} }: FakeKitOptions): BackendKit {
  return {
    clock,
    async make() {
      const pause = async (): Promise<void> => clock.sleep(1)
      const fakes = Array.from(
        { length: hostCount },
        (_, index) => new FakeHypervisor({ clock, pause, uri: `qemu+ssh://host${index}/system` }),
      )
      const open = (): Backend =>
        fakeKvm(fakes, { clock, timeoutMs: 250, options: { shutdownMs: 50, ...options } })
      return { backend: open(), reopen: async () => open(), ...abilities(fakes) }
    },
  }
}

const calls: Record<BackendCall, HypervisorCall> = {
  list: 'connectListAllDomains',
  launch: 'domainDefineXmlFlags',
  terminate: 'domainDestroyFlags',
  usage: 'domainGetInfo',
}

function abilities(fakes: readonly FakeHypervisor[]): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const holderOf = (id: string): FakeHypervisor =>
    fakes.find(({ domains }) => domains.has(id)) ?? (fakes[0] as FakeHypervisor)
  const armAll = (call: HypervisorCall, fault: Parameters<FakeHypervisor['arm']>[1]): void => {
    for (const fake of fakes) fake.arm(call, fault)
  }
  return {
    makeForeign: async () => (fakes[0] as FakeHypervisor).addForeign('somebody'),
    isRunning: async (id) => holderOf(id).domains.get(id)?.isActive ?? false,
    crash: async (id) => holderOf(id).crash(id),
    impair: async (id) => holderOf(id).domainSuspend(holderOf(id).get(id).ref),
    heal: async (id) => holderOf(id).domainResume(holderOf(id).get(id).ref),
    leftovers: async () => fakes.flatMap((fake) => leftoversOf(fake)),
    setUsage: async (id, { cpuRatio, memoryBytes }) =>
      holderOf(id)
        .get(id)
        .setUse({ cores: cpuRatio * (template.vcpus ?? 1), memoryBytes }),
    failHalfWay: () =>
      armAll('domainCreateWithFlags', {
        kind: 'fail',
        error: libvirtError(1, 10, 'internal error: qemu unexpectedly closed the monitor'),
      }),
    loseReply: () => fakes[0]?.arm('domainCreateWithFlags', { kind: 'hang-after' }),
    failNext: (call) =>
      armAll(calls[call], { kind: 'fail', error: libvirtError(1, 10, 'internal error: cannot do that') }),
    hangNext: (call) => armAll(calls[call], { kind: 'hang' }),
    refuseTerminate: (id) => void holderOf(id).stubborn.add(id),
    cleanup: async () => {},
  }
}

/** What exists beside the golden image and strangers' domains. */
export function leftoversOf(fake: FakeHypervisor): readonly string[] {
  return [
    ...[...fake.domains.values()].flatMap(({ name }) => (name.includes('.') ? [`domain ${name}`] : [])),
    ...[...fake.pool.volumes.keys()].filter((name) => name !== 'golden.qcow2').map((name) => `file ${name}`),
    ...fake.network.entries.map(({ name }) => `host entry ${name}`),
  ]
}

/** The same without some of what it can do, which skips the cases that need it. */
export function without(
  under: BackendUnderTest,
  ...names: readonly (keyof BackendUnderTest)[]
): BackendUnderTest {
  const left = Object.entries(under).filter(([name]) => !names.some((other) => other === name))
  return Object.fromEntries(left) as unknown as BackendUnderTest
}
