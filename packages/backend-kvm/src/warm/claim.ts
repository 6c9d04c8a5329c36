import type { LaunchRequest } from '@flotilla/core'
import { isActive } from '../status.js'
import { readOwnerOf, type Machine } from '../inventory.js'
import { metadata, ownerXml, type Owner } from '../labels.js'

/** VIR_DOMAIN_AFFECT_LIVE and _CONFIG. */
const flags = { live: 1, config: 2 } as const

/** Writes what a domain says of its owner: where it is stored, and where it runs too. */
export async function writeOwner(
  { host, ref, state }: Machine,
  owner: Owner,
  { what, signal }: { readonly what: string; readonly signal: AbortSignal },
): Promise<void> {
  const question = { what: `${what}: write its owner`, signal, instanceId: ref.uuid }
  try {
    await host.ask(question, async (hypervisor, call) =>
      hypervisor.domainSetMetadata(
        ref,
        {
          key: metadata.key,
          uri: metadata.uri,
          xml: ownerXml(owner),
          flags: isActive(state) ? flags.live | flags.config : flags.config,
        },
        call,
      ),
    )
  } finally {
    host.metadataChanged(ref.uuid)
  }
}

/**
 * Makes a machine of the warm pool that of a token, before it runs: after a crash in between it is found by its token
 * and runs on. Undefined when somebody else was faster.
 */
export async function claim(
  machine: Machine,
  { token }: LaunchRequest,
  { what, signal, now }: { readonly what: string; readonly signal: AbortSignal; readonly now: number },
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
  // Of two who wrote at the same moment, the last one has it.
  return (await read())?.token === token ? { ...machine, owner } : undefined
}
