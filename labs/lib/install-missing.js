import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { runCommand } from '../../scripts/lib/run-command.js'
import { sh } from './sh.js'

/**
 * Something that a lab needs, and the Debian package that brings it.
 *
 * @typedef {object} Needed
 * @property {string} packageName
 * @property {string} there - a shell command that succeeds where it is
 */

/** Another apt may be at work: it is waited for. */
const wait = '-oDPkg::Lock::Timeout=600'

/** Packages that bring a service would start it on a machine with systemd, unless this says no. */
const policy = '/usr/sbin/policy-rc.d'

/**
 * Installs what is missing, and starts none of it.
 *
 * @param {readonly Needed[]} needed
 * @param {{ signal: AbortSignal, log: (line: string) => void }} given
 */
export async function installMissing(needed, { signal, log }) {
  /** @type {Set<string>} */
  const missing = new Set()
  for (const { there, packageName } of needed) {
    const { ok } = await runCommand('sh', ['-c', there], { timeoutMs: 10_000 })
    if (!ok) missing.add(packageName)
  }
  if (missing.size === 0) return
  log(`installing ${[...missing].join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await sh('apt-get', ['update', '-q', wait], { env, signal, timeoutMs: 300_000 })
    const args = ['install', '-y', wait, '-q', '--no-install-recommends', ...missing]
    await sh('apt-get', args, { env, signal, timeoutMs: 900_000 })
  } finally {
    if (isOurs) rmSync(policy, { force: true })
  }
}
