import { installMissing } from '../lib/install-missing.js'
import { neededForMachines } from '../lib/needed-for-machines.js'

const needed = [...neededForMachines, { packageName: 'openssl', there: 'ls /usr/bin/openssl' }]

/** @param {{ signal: AbortSignal, log: (line: string) => void }} given */
export async function installNeeded(given) {
  await installMissing(needed, given)
}
