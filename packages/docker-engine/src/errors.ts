import { FlotillaError, type ErrorCode, type ErrorFacts } from '@flotilla/core'
import { answerOf, type Answer } from './answer.js'

/** What was asked, and of whom. */
export interface Attempt {
  /** Such as `launch web-1: create the container`. */
  readonly what: string
  /** The engine's address, without secrets, and what named it: a `FoundEngine`'s own. */
  readonly target: string
  /** The code of an answer that says nothing clearer; default `unknown`. */
  readonly otherwise?: ErrorCode | undefined
  readonly instanceId?: string | undefined
}

/** What the engine or the connection said, as ours. One of ours stays as it is. */
export function fromDocker(cause: unknown, { what, target, otherwise, instanceId }: Attempt): FlotillaError {
  if (cause instanceof FlotillaError) return cause
  const answer = answerOf(cause)
  const facts: ErrorFacts = { cause, instanceId }
  if (answer.status === undefined) {
    const { code, hint } = connectionTrouble(answer)
    if (code !== undefined) {
      return new FlotillaError(
        code,
        `${what}: cannot reach Docker at ${target}: ${answer.text}${hint}`,
        facts,
      )
    }
    return new FlotillaError(otherwise ?? 'unknown', `${what}: ${answer.text}`, facts)
  }
  const code = codeOfAnswer(answer) ?? otherwise ?? 'unknown'
  return new FlotillaError(code, `${what}: Docker answered ${answer.status}: ${answer.text}`, facts)
}

interface Trouble {
  readonly code: ErrorCode | undefined
  readonly hint: string
}

function connectionTrouble({ code = '', text }: Answer): Trouble {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return { code: 'permission-denied', hint: '; this user is neither root nor in the group docker' }
    case 'ENOENT':
    case 'ECONNREFUSED':
      return { code: 'unavailable', hint: '; is the daemon running?' }
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return { code: 'unavailable', hint: '' }
    default:
      break
  }
  if (code.startsWith('HPE_')) return { code: 'unavailable', hint: '; does it speak HTTP, or HTTPS?' }
  const isTls = /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code)
  if (isTls) return { code: 'permission-denied', hint: '; TLS: look at the certificates' }
  if (/permission denied|host key verification failed/i.test(text))
    return { code: 'permission-denied', hint: '' }
  if (/^ssh\b/i.test(text)) return { code: 'unavailable', hint: '' }
  return { code: undefined, hint: '' }
}

/** What the engine's words mean, first match first; a status alone says too little, and 500 stands for nearly all. */
const meanings: readonly (readonly [pattern: RegExp, code: ErrorCode])[] = [
  [/endpoint with name \S+ already exists|update out of sequence/i, 'conflict'],
  [/name .*already in use/i, 'conflict'],
  [/no such image|manifest unknown|manifest for .* not found|pull access denied/i, 'invalid-template'],
  [
    /network \S+ not found|invalid (volume|mount|mode|reference|bind)|mount path must be/i,
    'invalid-template',
  ],
  [/unable to find network|network not found|container-init binary not found/i, 'invalid-template'],
  [/unable to find (user|group)|no matching entries in (passwd|group)/i, 'invalid-template'],
  [
    /OCI runtime create failed.*(no such file|permission denied|not found|exec format error)/is,
    'invalid-template',
  ],
  [/cannot be used with services|only networks scoped to the swarm/i, 'invalid-template'],
  // Managers that are too few, or elect one among them.
  [/swarm does not have a leader|raft: |lost leadership|no elected primary/i, 'unavailable'],
  [/no space left on device|disk quota exceeded/i, 'no-capacity'],
  [/port is already allocated|address already in use|no available IPv\d addresses/i, 'no-capacity'],
  [
    /address pools|cannot allocate memory|resource temporarily unavailable|too many open files/i,
    'no-capacity',
  ],
  [/toomanyrequests|rate limit/i, 'rate-limited'],
  [/container \S+ is (not running|paused|restarting)/i, 'unavailable'],
  [/unauthorized|authentication required|no basic auth credentials/i, 'permission-denied'],
  [/client version \S+ is too (new|old)|not a swarm manager/i, 'unsupported'],
  [/HTTP request to an HTTPS server/i, 'unavailable'],
  // The registry's host, told by the engine.
  [/\b(lookup|dial (tcp|udp))\b|i\/o timeout|TLS handshake timeout|Client\.Timeout/i, 'unavailable'],
  // The daemon is on its way down or up.
  [/context canceled|connection is closing|transport is closing|failed to update store/i, 'unavailable'],
  [/containerd.*(connection refused|not running)|shutting down/i, 'unavailable'],
]

function codeOfAnswer({ status = 0, text }: Answer): ErrorCode | undefined {
  const found = meanings.find(([pattern]) => pattern.test(text))
  if (found !== undefined) return found[1]
  switch (status) {
    case 400:
      return 'invalid-template'
    case 401:
    case 403:
      return 'permission-denied'
    case 404:
      return 'not-found'
    case 409:
      return 'conflict'
    case 429:
      return 'rate-limited'
    case 502:
    case 503:
    case 504:
      return 'unavailable'
    default:
      return undefined
  }
}
