import { FlotillaError, type ErrorCode, type ErrorFacts } from '@flotilla/core'
import { messageOf } from '@flotilla/core/authoring'
import { LibvirtError } from '@flotilla/libvirt'

/** The call that failed, and where. */
export interface Attempt {
  /** Such as `launch flotilla.web.7: start the domain`. */
  readonly what: string
  /** The hypervisor's URI, without secrets. */
  readonly uri: string
  /** The code of an answer that says nothing clearer; default `unknown`. */
  readonly otherwise?: ErrorCode | undefined
  readonly instanceId?: string | undefined
}

/** Translates an error of libvirt, or of the connection to it. A FlotillaError stays as it is. */
export function fromLibvirt(cause: unknown, { what, uri, otherwise, instanceId }: Attempt): FlotillaError {
  if (cause instanceof FlotillaError) return cause
  const facts: ErrorFacts = { cause, instanceId }
  const text = withoutCredentials(messageOf(cause))
  const where = withoutCredentials(uri)
  const code = cause instanceof LibvirtError ? cause.code : undefined
  const isAnswer = cause instanceof LibvirtError && cause.kind === 'libvirt'
  if (code === undefined && !isAnswer) {
    const trouble = connectionTrouble(cause)
    if (trouble === undefined) return new FlotillaError(otherwise ?? 'unknown', `${what}: ${text}`, facts)
    return new FlotillaError(
      trouble.code,
      `${what}: cannot reach libvirt at ${where}: ${text}${trouble.hint}`,
      facts,
    )
  }
  const domain = cause instanceof LibvirtError ? cause.domain : undefined
  const meaning = meaningOf(code, domain, text)
  return new FlotillaError(
    meaning?.code ?? otherwise ?? 'unknown',
    `${what}: libvirt at ${where} answered ${code ?? '?'}/${domain ?? '?'}: ${text}${meaning?.hint ?? ''}`,
    facts,
  )
}

interface Meaning {
  readonly code: ErrorCode
  readonly hint?: string | undefined
}

/** virErrorNumber and virErrorDomain, as far as we branch on them. */
const numbers = {
  domainFrom: { rpc: 7, network: 19, storage: 18 },
} as const

/** Words that say what happened whatever the number: libvirt hides several causes behind code 1. */
const words: readonly (readonly [pattern: RegExp, meaning: Meaning])[] = [
  [/No space left on device|disk quota exceeded/i, { code: 'no-capacity' }],
  [/Cannot allocate memory|cannot set up guest memory/i, { code: 'no-capacity' }],
  [/Failed to get "write" lock|another process using the image/i, { code: 'conflict' }],
  [/is not in (qcow2|raw) format|Image is not in/i, { code: 'invalid-template' }],
  [/hugetlbfs filesystem is not mounted/i, { code: 'invalid-template' }],
  [
    /could not access KVM|does not support virt type 'kvm'|domaintype=kvm|virttype=kvm|failed to initialize kvm|KVM is not available|machine type .* does not support.*kvm/i,
    {
      code: 'invalid-template',
      hint: "; KVM was asked for, and this hypervisor cannot use it: enable it (BIOS, nested virtualisation, /dev/kvm), or ask for domainType: 'qemu', which is many times slower",
    },
  ],
  [
    /Unable to find .*firmware|no firmware .*(?:found|satisf)|unable to find any .*(?:efi|firmware)/i,
    {
      code: 'invalid-template',
      hint: "; firmware: 'efi' needs UEFI images on the hypervisor: install its package ovmf (edk2-ovmf), or ask for 'bios'",
    },
  ],
  [/system bus connection/i, { code: 'permission-denied', hint: '; polkit cannot be asked without D-Bus' }],
]

/** The meaning of an error number, where the words say nothing clearer. Source: virterror.h of libvirt 9.0, and answers met. */
function meaningOf(code: number | undefined, domain: number | undefined, text: string): Meaning | undefined {
  const said = words.find(([pattern]) => pattern.test(text))
  if (said !== undefined) return said[1]
  switch (code) {
    // VIR_ERR_NO_SUPPORT, ARGUMENT_UNSUPPORTED
    case 3:
    case 74:
      return { code: 'unsupported' }
    // INVALID_ARG, XML_ERROR, XML_DETAIL, CONFIG_UNSUPPORTED, NO_NETWORK, NO_STORAGE_POOL
    case 8:
    case 27:
    case 35:
    case 67:
    case 43:
    case 49:
      return { code: 'invalid-template' }
    // OPERATION_FAILED
    case 9:
      return /already exists/i.test(text) ? { code: 'conflict' } : undefined
    // OPERATION_DENIED, AUTH_FAILED, AUTH_CANCELLED, AUTH_UNAVAILABLE, ACCESS_DENIED
    case 29:
    case 45:
    case 79:
    case 88:
    case 94:
      return { code: 'permission-denied' }
    // SYSTEM_ERROR
    case 38:
      return systemError(domain, text)
    // RPC
    case 39:
      return { code: /authenticat/i.test(text) ? 'permission-denied' : 'unavailable' }
    // NO_DOMAIN, NO_STORAGE_VOL, NO_DOMAIN_METADATA
    case 42:
    case 50:
    case 80:
      return { code: 'not-found' }
    // OPERATION_INVALID
    case 55:
      return operationInvalid(domain, text)
    // OPERATION_TIMEOUT
    case 68:
      return { code: 'timeout' }
    // AGENT_UNRESPONSIVE
    case 86:
      return { code: 'unavailable' }
    // STORAGE_VOL_EXIST
    case 90:
      return { code: 'conflict' }
    case undefined:
    default:
      return undefined
  }
}

function systemError(domain: number | undefined, text: string): Meaning | undefined {
  if (domain === numbers.domainFrom.rpc) return { code: 'unavailable' }
  if (/Permission denied/i.test(text)) return { code: 'permission-denied' }
  const isMissing = /No such file|inaccessible backing|Cannot access (storage|backing) file/i.test(text)
  return isMissing ? { code: 'invalid-template' } : undefined
}

function operationInvalid(domain: number | undefined, text: string): Meaning {
  if (domain === numbers.domainFrom.network && /is not active/i.test(text)) {
    return { code: 'unavailable', hint: '; start it: virsh net-start' }
  }
  if (domain === numbers.domainFrom.storage && /is not active/i.test(text)) {
    return { code: 'unavailable', hint: '; start it: virsh pool-start' }
  }
  return { code: 'conflict' }
}

function connectionTrouble(cause: unknown): { readonly code: ErrorCode; readonly hint: string } | undefined {
  switch (systemCode(cause)) {
    case 'EACCES':
    case 'EPERM':
      return { code: 'permission-denied', hint: '; is this user in the group libvirt?' }
    case 'ENOENT':
    case 'ECONNREFUSED':
      return { code: 'unavailable', hint: '; does libvirtd run?' }
    case undefined:
      break
    default:
      return { code: 'unavailable', hint: '' }
  }
  if (!(cause instanceof LibvirtError)) return undefined
  switch (cause.kind) {
    case 'authentication':
      return { code: 'permission-denied', hint: '' }
    case 'timeout':
      return { code: 'timeout', hint: '' }
    case 'unsupported':
      return { code: 'unsupported', hint: '' }
    case 'invalid-argument':
      return { code: 'invalid-template', hint: '' }
    case 'connection':
    case 'protocol':
      return { code: 'unavailable', hint: '' }
    case 'libvirt':
      return undefined
  }
}

/** The operating system's own code, wherever it stands in the chain of causes. */
function systemCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; depth < 5; depth += 1) {
    if (typeof error !== 'object' || error === null) return undefined
    if ('code' in error && typeof error.code === 'string' && /^(E[A-Z]+|ERR_)/.test(error.code)) {
      return error.code
    }
    error = 'cause' in error ? error.cause : undefined
  }
  return undefined
}

/** A URI, or a text that holds one, without a user's password. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@\s'"]*:[^/@\s'"]*@/g, '//(hidden)@')
}

const codeBelow = (error: unknown): number | undefined => {
  const below = error instanceof FlotillaError ? error.cause : error
  return below instanceof LibvirtError ? below.code : undefined
}

const textBelow = (error: unknown): string =>
  messageOf(error instanceof FlotillaError && error.cause !== undefined ? error.cause : error)

/** libvirt knows no such domain. */
export const isNoDomain = (error: unknown): boolean => codeBelow(error) === 42

/** libvirt knows no such volume. */
export const isNoVolume = (error: unknown): boolean => codeBelow(error) === 50

/** libvirt knows no such snapshot. VIR_ERR_NO_DOMAIN_SNAPSHOT. */
export const isNoSnapshot = (error: unknown): boolean => codeBelow(error) === 72

/** This driver of libvirt, or this way to it, does not have that. VIR_ERR_NO_SUPPORT. */
export const isUnsupported = (error: unknown): boolean =>
  (error instanceof FlotillaError && error.code === 'unsupported') ||
  codeBelow(error) === 3 ||
  (error instanceof LibvirtError && error.kind === 'unsupported')

/** The domain carries nothing of ours. */
export const isNoMetadata = (error: unknown): boolean => codeBelow(error) === 80

/** The domain was made by `virsh create`, or undefined while it runs: nothing of it is stored. */
export const isTransient = (error: unknown): boolean =>
  codeBelow(error) === 55 && /transient domains? do(es)? not have any persistent/i.test(textBelow(error))

/** Another domain has the name. */
export const isNameTaken = (error: unknown): boolean =>
  codeBelow(error) === 9 && /already exists/i.test(textBelow(error))

/** The domain runs already, or no longer. */
export const isAsAsked = (error: unknown): boolean =>
  codeBelow(error) === 55 && /is (already|not) running/i.test(textBelow(error))

/** Another entry of the network has the address, the MAC or the name. */
export const isEntryTaken = (error: unknown): boolean =>
  codeBelow(error) === 55 && /existing dhcp host entry/i.test(textBelow(error))

/** The network has no such entry. */
export const isNoEntry = (error: unknown): boolean =>
  codeBelow(error) === 55 && /could( not|n.t) locate a/i.test(textBelow(error))

/** No answer came, so that what was asked for may have been done or not. */
export const isWithoutAnswer = (error: unknown): boolean =>
  error instanceof FlotillaError && (error.code === 'timeout' || error.code === 'unavailable')
