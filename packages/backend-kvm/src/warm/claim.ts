import type { LaunchRequest } from '@flotilla/core'
import type { Step } from '../connection/link.js'
import type { Machine } from '../host/host.js'
import { writeOwner } from '../host/write-owner.js'
import { readOwnerOf } from '../inventory.js'
import type { Owner } from '../labels.js'

/**
 * Makes a machine of the warm pool that of a token, before it runs: after a crash in between it is found by its token
 * and runs on. Undefined when somebody else was faster.
 */
export async function claim(
  machine: Machine,
  { token }: LaunchRequest,
  { what, signal, now }: Step & { readonly now: number },
): Promise<Machine | undefined> {
  const { host, ref } = machine
  const read = async (): Promise<Owner | undefined> =>
    host.ask({ what: `${what}: look whose it is`, signal }, async (hypervisor, call) =>
      readOwnerOf(hypervisor, ref, call),
    )
  // It may have been taken since it was listed.
  if ((await read())?.warm !== 'ready') return undefined
  const owner: Owner = { ...machine.owner, token, claimedAt: now, warm: undefined }
  await writeOwner(machine, owner, { what, signal })
  // When two launches write at the same moment, the last one has the machine.
  return (await read())?.token === token ? { ...machine, owner } : undefined
}
