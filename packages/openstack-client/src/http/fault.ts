/** A service's own text of a refusal. */
export interface Fault {
  readonly text: string
  readonly type: string | undefined
  /** Old Nova says it in the body. */
  readonly retryAfterSeconds: number | undefined
}

type Json = Readonly<Record<string, unknown>>

/**
 * Reads the body of an answer that is an error, in each of the shapes that the services use.
 *
 * @param body - as it came: JSON, a proxy's HTML, or nothing
 */
export function readFault(body: string): Fault {
  const json = parsed(body)
  if (json === undefined) return faultOf(plainText(body))
  if (Array.isArray(json['errors'])) return placementFault(json['errors'][0])
  if (json['NeutronError'] !== undefined) return neutronFault(json['NeutronError'])
  // Octavia's shape, from WSME.
  if (typeof json['faultstring'] === 'string') return faultOf(json['faultstring'], text(json['faultcode']))
  // The shape of Glance, and of refusals before Nova itself.
  if (typeof json['message'] === 'string') return faultOf(json['message'], text(json['title']))
  const [entry] = Object.entries(json)
  if (entry === undefined) return faultOf('')
  const [type, value] = entry
  if (typeof value === 'string') return faultOf(value, type)
  const fields = record(value)
  const { message, title, retryAfter } = fields
  return faultOf(text(message) ?? text(title) ?? '', type === 'error' ? text(title) : type, retryAfter)
}

function placementFault(value: unknown): Fault {
  const { detail, title, code } = record(value)
  return faultOf(text(detail) ?? text(title) ?? '', text(code))
}

function neutronFault(value: unknown): Fault {
  if (typeof value === 'string') return faultOf(value)
  const { message, type, detail } = record(value)
  return faultOf([text(message), text(detail)].filter((part) => part !== undefined).join(' '), text(type))
}

function faultOf(words: string, type?: string, retryAfter?: unknown): Fault {
  const seconds = Number(retryAfter)
  return {
    text: plainText(words),
    type,
    retryAfterSeconds: retryAfter !== undefined && Number.isFinite(seconds) ? seconds : undefined,
  }
}

/** Glance and every proxy answer in HTML, or in JSON with HTML inside. */
const plainText = (words: string): string =>
  words
    .replace(/<(style|script|title)\b[^]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

function parsed(body: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(body)
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Json) : undefined
  } catch {
    return undefined
  }
}
