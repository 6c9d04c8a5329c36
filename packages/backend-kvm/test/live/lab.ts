import { readFileSync, rmSync, writeFileSync } from 'node:fs'

/** What `npm run lab -- kvm` says to the live suites. Without it they fail: where they are asked for, they run. */
function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the live suites by npm run lab -- kvm`)
  }
  return value
}

/** Of the libvirtd. */
export const uri = (): string => variable('FLOTILLA_LIVE_KVM')

/** Of another one, as if on another machine. */
export const secondUri = (): string => variable('FLOTILLA_LIVE_KVM_SECOND')

/** The golden image, in the pool. */
export const goldenPath = (): string => variable('FLOTILLA_LIVE_KVM_GOLDEN')

export const pool = (): string => variable('FLOTILLA_LIVE_KVM_POOL')

/** A pool that both hypervisors have in one directory, with a golden image of its own. */
export const sharedPool = (): string => variable('FLOTILLA_LIVE_KVM_SHARED_POOL')
export const sharedDirectory = (): string => variable('FLOTILLA_LIVE_KVM_SHARED_DIRECTORY')

/** Of the second hypervisor, for what QEMU sends it of a machine. */
export const secondAddress = (): string => variable('FLOTILLA_LIVE_KVM_SECOND_ADDRESS')

/** With DHCP. Its guests are reachable from here. */
export const network = (): string => variable('FLOTILLA_LIVE_KVM_NETWORK')

/** Addresses of the network that no machine gets unasked: `from` and `to`. */
export function addresses(): { readonly from: string; readonly to: string } {
  const [from = '', to = ''] = variable('FLOTILLA_LIVE_KVM_ADDRESSES').split('-')
  return { from, to }
}

interface LabHost {
  readonly pidFile: string
  readonly heldFile: string
}

function labHosts(): readonly LabHost[] {
  const { hosts } = JSON.parse(readFileSync(variable('FLOTILLA_LIVE_KVM_LAB'), 'utf8')) as {
    readonly hosts: readonly LabHost[]
  }
  return hosts
}

/** Process of the first libvirtd. It is started again when it ends. */
export const pidOfLibvirtd = (): number => pidIn(labHosts()[0])

/** Kills the second libvirtd and keeps it down. Its machines run on. */
export function holdSecondLibvirtd(): { readonly release: () => void } {
  const host = labHosts()[1]
  const heldFile = host?.heldFile ?? ''
  writeFileSync(heldFile, '')
  process.kill(pidIn(host), 'SIGKILL')
  return { release: () => rmSync(heldFile, { force: true }) }
}

const pidIn = (host: LabHost | undefined): number => Number(readFileSync(host?.pidFile ?? '', 'utf8'))
