import { inspect } from 'node:util'
import { OpenStackError } from '../openstack-error.js'
import { withoutAddressCredentials, type Redact } from '../secrets/redact.js'
import type { Asked } from './answer-error.js'

/** Codes of calls that never reached the service: sending them again is safe. */
const unsentCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'CONNECT_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** Codes that no later try will change. */
const tlsCodes =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH)/

/** Whether the call cannot have arrived. */
export const isUnsent = (error: unknown): boolean => unsentCodes.has(errorCodeOf(error))

/** The error of a call without an answer. */
export function connectionFault(cause: unknown, target: string, asked: Asked): OpenStackError {
  const code = errorCodeOf(cause)
  const isTls = tlsCodes.test(code)
  const hint = isTls ? '; TLS: look at the CA file' : ''
  const words = asked.redact(wordsOf(cause))
  return new OpenStackError(
    'unavailable',
    `${asked.service}: ${asked.what}: no answer from ${withoutAddressCredentials(target)}: ${words}${hint}`,
    {
      service: asked.service,
      retryable: !isTls,
      maybeDone: !asked.repeatable && !isTls && !unsentCodes.has(code),
      cause: withoutSecrets(cause, words, asked.redact),
    },
  )
}

/** `fetch` quotes an invalid header with its token: such a cause gets a text of ours. */
function withoutSecrets(cause: unknown, words: string, redact: Redact): unknown {
  const text = inspect(cause)
  return redact(text) === text ? cause : Object.assign(new Error(words), { code: errorCodeOf(cause) })
}

/** The operating system's, TLS's or undici's own code; `fetch` hides it in the cause, and several in an AggregateError. */
export function errorCodeOf(error: unknown): string {
  let current: unknown = error
  for (let depth = 0; depth < 5 && typeof current === 'object' && current !== null; depth += 1) {
    const { code, cause, errors } = current as { code?: unknown; cause?: unknown; errors?: unknown }
    if (typeof code === 'string') return code
    current = cause ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
  return ''
}

function wordsOf(error: unknown): string {
  const { cause } = (typeof error === 'object' && error !== null ? error : {}) as { cause?: unknown }
  const below = cause instanceof Error ? cause : error
  const message = below instanceof Error ? below.message : String(below)
  const code = errorCodeOf(error)
  return message.includes(code) ? message : `${code} ${message}`.trim()
}
