import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from './tools.js'

/** What has to be there, and the Debian package that brings it. */
const needed = [
  { path: '/usr/sbin/libvirtd', packageName: 'libvirt-daemon-system' },
  {
    path: '/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so',
    packageName: 'libvirt-daemon-driver-qemu',
  },
  { path: '/usr/bin/virsh', packageName: 'libvirt-clients' },
  { path: '/usr/bin/qemu-system-x86_64', packageName: 'qemu-system-x86' },
  { path: '/usr/bin/qemu-img', packageName: 'qemu-utils' },
  { path: '/usr/share/seabios/bios-256k.bin', packageName: 'seabios' },
  { path: '/usr/lib/ipxe/qemu/efi-virtio.rom', packageName: 'ipxe-qemu' },
  { path: '/usr/sbin/dnsmasq', packageName: 'dnsmasq-base' },
  { path: '/usr/bin/tini', packageName: 'tini' },
  { path: '/usr/bin/xorriso', packageName: 'xorriso' },
  { path: '/usr/sbin/iptables', packageName: 'iptables' },
  { path: '/usr/bin/openssl', packageName: 'openssl' },
  { path: '/usr/sbin/ip', packageName: 'iproute2' },
]

/** Packages that bring a service would start it on a machine with systemd, unless this says no. */
const policy = '/usr/sbin/policy-rc.d'

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installMissing({ signal, log }) {
  /** @type {Set<string>} */
  const missing = new Set()
  for (const { path, packageName } of needed) {
    // The shell expands the `*`.
    const { ok } = await runCommand('sh', ['-c', `ls ${path}`], { timeoutMs: 10_000 })
    if (!ok) missing.add(packageName)
  }
  if (missing.size === 0) return
  log(`installing ${[...missing].join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await sh('apt-get', ['update', '-q'], { env, signal, timeoutMs: 300_000 })
    const args = ['install', '-y', '-q', '--no-install-recommends', ...missing]
    await sh('apt-get', args, { env, signal, timeoutMs: 900_000 })
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}
