import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from './tools.js'

/** What has to be there, and the Debian package that brings it. */
const needed = [
  { command: 'dockerd', packageName: 'docker.io' },
  { command: 'docker', packageName: 'docker.io' },
  { command: 'iptables', packageName: 'iptables' },
  { command: 'nginx', packageName: 'nginx' },
  { command: 'ip', packageName: 'iproute2' },
  { command: 'ssh', packageName: 'openssh-client' },
  { command: '/usr/sbin/sshd', packageName: 'openssh-server' },
  { command: 'openssl', packageName: 'openssl' },
]

/** Packages that bring a service would start it on a machine with systemd, unless this says no. */
const policy = '/usr/sbin/policy-rc.d'

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installMissing({ signal, log }) {
  /** @type {Set<string>} */
  const missing = new Set()
  for (const { command, packageName } of needed) {
    const { ok } = await runCommand('sh', ['-c', `command -v ${command}`], { timeoutMs: 10_000 })
    if (!ok) missing.add(packageName)
  }
  // Another package has a busybox of the same name, which is not static.
  if (!(await isStatic('/bin/busybox'))) missing.add('busybox-static')
  if (missing.size === 0) return
  log(`installing ${[...missing].join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await sh('apt-get', ['update', '-q'], { env, signal, timeoutMs: 300_000 })
    const args = ['install', '-y', '-q', '--no-install-recommends', ...missing]
    await sh('apt-get', args, { env, signal, timeoutMs: 600_000 })
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}

/** @param {string} program */
async function isStatic(program) {
  const { output } = await runCommand('ldd', [program], { timeoutMs: 10_000 })
  return /not a dynamic executable/.test(output)
}
