import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hypervisor } from '../../src/hypervisor.js'

/** URI of the throw-away libvirtd that the lab started. */
export const liveUri: string = given('FLOTILLA_LIVE_LIBVIRT')

function given(name: string): string {
  const uri = process.env[name]
  if (uri !== undefined && uri !== '') return uri
  throw new Error(
    `${name} is not set: it names a throw-away libvirtd (qemu:///system?socket=/path), as “npm run lab -- kvm” starts one`,
  )
}

/** A name that no other run has. */
export const uniqueName = (what: string): string => `flt-${what}-${randomBytes(4).toString('hex')}`

/** 16 MiB under TCG: enough for a domain that is only started paused. */
export const tinyDomainXml = (name: string, more = ''): string =>
  `<domain type='qemu'><name>${name}</name><memory unit='MiB'>16</memory><vcpu>1</vcpu>` +
  `<os><type arch='x86_64'>hvm</type></os><devices>${more}<memballoon model='virtio'/></devices></domain>`

export const dirPoolXml = (name: string, path: string): string =>
  `<pool type='dir'><name>${name}</name><target><path>${path}</path></target></pool>`

export const rawVolumeXml = (name: string, bytes: number): string =>
  `<volume><name>${name}</name><capacity unit='bytes'>${bytes}</capacity><target><format type='raw'/></target></volume>`

/** Takes away what a test left of these domains, whatever state it is in. */
export async function removeDomains(hypervisor: Hypervisor, prefix: string): Promise<void> {
  for (const domain of await hypervisor.connectListAllDomains()) {
    if (!domain.name.startsWith(prefix)) continue
    await hypervisor.domainDestroyFlags(domain).catch(() => {})
    await hypervisor.domainUndefineFlags(domain, 1).catch(() => {})
  }
}

export async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  // A daemon on a busy machine takes its time.
  const endMs = performance.now() + 60_000
  while (performance.now() < endMs) {
    if (await is()) return
    await sleep(25)
  }
  throw new Error(`did not happen within 60 s: ${what}`)
}
