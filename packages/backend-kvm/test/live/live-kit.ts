import { randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from '@flotilla/core'
import type { BackendCall, BackendKit, BackendUnderTest } from '@flotilla/core/testing'
import { connect } from '@flotilla/libvirt'
import { kvm, type KvmBackend } from '../../src/backend.js'
import type { KvmOptions } from '../../src/options/kvm-options.js'
import { libvirtError } from '../fakes/fake-errors.js'
import { Faults, faulty, type HypervisorCall } from './faulty.js'
import { goldenPath, network, pool, uri } from './lab.js'
import { RawHypervisor } from './raw.js'

export const uniqueScope = (): string => `live-${randomUUID().slice(0, 13)}`

/** A backend on the lab's hypervisor, in a scope of its own. */
export function liveKvm(scope: string, options: Partial<KvmOptions> = {}): KvmBackend {
  const where = options.uris === undefined && options.hosts === undefined ? { uri: uri() } : {}
  return kvm({
    ...where,
    golden: { path: goldenPath(), format: 'qcow2' },
    pool: pool(),
    // KVM may be there and hang its guests: the lab's machines are emulated everywhere.
    domainType: 'qemu',
    memoryMib: 96,
    networks: [network()],
    port: 80,
    shutdownMs: 0,
    scope,
    ...options,
  })
}

/** The contract suite's kit on the lab's hypervisor, with faults on the way there. */
export function liveKit(options: Partial<KvmOptions> = {}): BackendKit {
  return {
    timeoutMs: 60_000,
    abortMs: 10_000,
    eventuallyMs: 60_000,
    async make() {
      const scope = uniqueScope()
      const faults = new Faults()
      const raw = await RawHypervisor.open(uri())
      const open = (): KvmBackend =>
        liveKvm(scope, {
          connect: async (where) => faulty(await connect(where), faults),
          // Short enough for the cases in which no answer comes.
          timeoutMs: 10_000,
          memoryEveryMs: 1000,
          ...options,
        })
      return { backend: open(), reopen: async () => open(), ...abilities({ scope, faults, raw }) }
    },
  }
}

interface Surroundings {
  readonly scope: string
  readonly faults: Faults
  readonly raw: RawHypervisor
}

const calls: Record<BackendCall, HypervisorCall> = {
  list: 'connectListAllDomains',
  launch: 'domainDefineXmlFlags',
  terminate: 'domainDestroyFlags',
  usage: 'domainGetInfo',
}

function abilities({ scope, faults, raw }: Surroundings): Omit<BackendUnderTest, 'backend' | 'reopen'> {
  const foreign: string[] = []
  return {
    makeForeign: async () => {
      const uuid = await raw.makeForeign(`foreign-${scope}`)
      foreign.push(uuid)
      return uuid
    },
    isRunning: async (id) => raw.isRunning(id),
    crash: async (id) => raw.killQemu(id),
    impair: async (id) => raw.hypervisor.domainSuspend(await raw.find(id)),
    heal: async (id) => raw.hypervisor.domainResume(await raw.find(id)),
    leftovers: async () => raw.leftovers(scope),
    failHalfWay: () =>
      faults.arm('domainCreateWithFlags', {
        kind: 'fail',
        error: libvirtError(1, 10, 'internal error: qemu unexpectedly closed the monitor'),
      }),
    loseReply: () => faults.arm('domainCreateWithFlags', { kind: 'hang-after' }),
    failNext: (call) =>
      faults.arm(calls[call], {
        kind: 'fail',
        error: libvirtError(1, 10, 'internal error: cannot do that'),
      }),
    hangNext: (call) => faults.arm(calls[call], { kind: 'hang' }),
    refuseTerminate: (id) =>
      faults.arm(
        'domainDestroyFlags',
        { kind: 'fail', error: libvirtError(38, 0, 'Failed to terminate process: Device or resource busy') },
        id,
      ),
    cleanup: async () => {
      for (const uuid of foreign) await raw.remove(uuid)
      await raw.removeScope(scope)
      await raw.close()
    },
  }
}

/** `http://HOST:PORT` of an instance. */
export function urlOf({ id, address }: Instance): string {
  if (address === undefined) throw new Error(`${id} has no address`)
  return `http://${address.host}:${address.port}`
}

/** The guest's answer, once it serves. */
export async function ask(url: string, withinMs = 60_000): Promise<string> {
  const endMs = performance.now() + withinMs
  for (;;) {
    try {
      return await askOnce(url)
    } catch (error) {
      if (performance.now() > endMs) throw error
      await sleep(20)
    }
  }
}

async function askOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent: false, timeout: 2000 }, (answer) => {
      let said = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
      answer.on('end', () => resolve(said)).on('error', reject)
    })
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`no answer from ${url}`)))
  })
}
