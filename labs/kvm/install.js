import { installMissing } from '../lib/install-missing.js'
import { neededForMachines } from '../lib/needed-for-machines.js'

const needed = [
  ...neededForMachines,
  { packageName: 'openssl', there: 'ls /usr/bin/openssl' },
  { packageName: 'polkitd', there: 'ls /usr/lib/polkit-1/polkitd' },
  { packageName: 'dbus-daemon', there: 'ls /usr/bin/dbus-daemon' },
  { packageName: 'socat', there: 'ls /usr/bin/socat' },
]

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installNeeded(given) {
  await installMissing(needed, given)
}
