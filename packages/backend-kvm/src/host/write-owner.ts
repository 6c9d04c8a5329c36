import type { Step } from '../connection/link.js'
import { metadata, ownerXml, type Owner } from '../labels.js'
import { isActive } from '../status.js'
import type { Machine } from './host.js'

/** VIR_DOMAIN_AFFECT_LIVE and _CONFIG. */
const flags = { live: 1, config: 2 } as const

/** Writes what a domain says of its owner: where it is stored, and where it runs too. */
export async function writeOwner(
  { host, ref, state }: Machine,
  owner: Owner,
  { what, signal }: Step,
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
