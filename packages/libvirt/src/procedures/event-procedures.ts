import type { DomainRef, LifecycleEventName } from '../domain-types.js'
import { XdrReader } from '../wire/xdr-reader.js'
import { lifecycleEventId, lifecycleEventName } from './enumerations.js'
import { procedure, type Procedure } from './procedure.js'
import { readDomain } from './references.js'

/** Of all domains: the one that could be named is left out. @returns the callback's number */
export const registerLifecycle: Procedure<readonly [], number> = procedure(
  'connectDomainEventCallbackRegisterAny',
  316,
  (to) => to.int(lifecycleEventId).uint(0),
  (from) => from.int(),
)

/** REMOTE_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE: sent by the daemon of its own accord. */
export const lifecycleMessage = 318

export interface LifecycleMessage {
  readonly callbackId: number
  readonly domain: DomainRef
  readonly event: LifecycleEventName
  readonly detail: number
}

export function readLifecycleMessage(payload: Buffer): LifecycleMessage {
  const from = new XdrReader(payload)
  const callbackId = from.int()
  const domain = readDomain(from)
  const event = lifecycleEventName(from.int())
  const detail = from.int()
  from.end()
  return { callbackId, domain, event, detail }
}
