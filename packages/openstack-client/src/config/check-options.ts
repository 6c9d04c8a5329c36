import { inspect } from 'node:util'
import * as v from 'valibot'
import { isMicroversion } from '../discovery/microversion.js'
import { OpenStackError } from '../openstack-error.js'
import type { ConnectOptions } from './connect-options.js'
import { nearest } from './nearest.js'

const text = v.pipe(v.string(), v.minLength(1, 'a text that is not empty'))
const address = v.pipe(
  text,
  v.check((value) => URL.canParse(value) && /^https?:/i.test(value), 'an http or https address'),
)
const durationMs = v.pipe(
  v.number(),
  v.check((value) => value > 0 && value <= 2 ** 31 - 1, 'milliseconds, over 0 and at most 2147483647'),
)
const fn = v.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'a function')
const object = v.custom<object>((value) => typeof value === 'object' && value !== null, 'an object')

const authKeys = [
  'username',
  'userId',
  'userDomainName',
  'userDomainId',
  'password',
  'token',
  'applicationCredentialId',
  'applicationCredentialName',
  'applicationCredentialSecret',
  'projectId',
  'projectName',
  'projectDomainName',
  'projectDomainId',
  'domainId',
  'domainName',
  'trustId',
] as const

const optionalText = v.optional(text)
const auth = v.strictObject({
  authUrl: address,
  systemScope: v.optional(v.literal('all')),
  ...(Object.fromEntries(authKeys.map((key) => [key, optionalText])) as Record<
    (typeof authKeys)[number],
    typeof optionalText
  >),
})

const interfaceWords = 'public, internal or admin, or a list of these'
const anInterface = v.picklist(['public', 'internal', 'admin'], interfaceWords)

const schema = v.strictObject({
  cloud: optionalText,
  auth: v.optional(auth),
  region: optionalText,
  interface: v.optional(v.union([anInterface, v.pipe(v.array(anInterface), v.minLength(1))], interfaceWords)),
  endpoints: v.optional(v.record(v.string(), address)),
  microversions: v.optional(v.record(v.string(), v.pipe(text, v.check(isMicroversion, 'such as 2.79')))),
  caFile: optionalText,
  certFile: optionalText,
  keyFile: optionalText,
  insecure: v.optional(v.boolean()),
  useProxy: v.optional(v.boolean()),
  timeoutMs: v.optional(durationMs),
  attemptTimeoutMs: v.optional(durationMs),
  retries: v.optional(
    v.strictObject({
      count: v.optional(
        v.pipe(
          v.number(),
          v.check(
            (value) => Number.isInteger(value) && value >= 0 && value <= 20,
            'a whole number from 0 to 20',
          ),
        ),
      ),
      delayMs: v.optional(durationMs),
      maxDelayMs: v.optional(durationMs),
    }),
  ),
  userAgent: v.optional(v.pipe(text, v.regex(/^[\x20-\x7e]+$/, 'printable ASCII'))),
  onCall: v.optional(fn),
  environment: v.optional(object),
  searchPath: v.optional(v.array(text)),
  clock: v.optional(object),
  random: v.optional(fn),
  send: v.optional(fn),
})

/** @throws OpenStackError `invalid-options`, naming the field and what would do; a value only where it cannot be secret */
export function checkConnectOptions(options: ConnectOptions): void {
  const given: unknown = options
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const shown = typeof given === 'string' ? given : 'lab'
    throw invalid(
      '',
      undefined,
      `an object, such as { cloud: '${shown}' }, got ${inspect(given, { depth: 0 })}`,
    )
  }
  const result = v.safeParse(schema, options)
  if (!result.success) {
    const [issue] = result.issues
    const field = v.getDotPath(issue) ?? ''
    const isUnknown = issue.type === 'strict_object' && issue.expected === 'never'
    const isMissing = issue.input === undefined
    const wanted = isUnknown ? unknownWords(field) : `${isMissing ? 'given: ' : ''}${wordsOf(issue)}`
    const isSecret = isUnknown || isMissing || field.startsWith('auth') || field === ''
    throw invalid(field, isSecret ? undefined : issue.input, wanted)
  }
  if (options.cloud !== undefined && options.auth !== undefined) {
    throw invalid('auth', undefined, 'left out where cloud is given, or the other way round')
  }
}

function unknownWords(field: string): string {
  const parts = field.split('.')
  const name = parts.at(-1) ?? ''
  const known =
    parts.length === 1
      ? Object.keys(schema.entries)
      : parts[0] === 'auth'
        ? ['authUrl', 'systemScope', ...authKeys]
        : retryKeys
  const meant = nearest(name, known)
  return `left out: there is no such option${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

const retryKeys = ['count', 'delayMs', 'maxDelayMs']

/** The checker's own messages name its types, and are replaced. */
function wordsOf({ message, expected, path }: v.InferIssue<typeof schema>): string {
  const key = path?.at(-1)?.key
  // For a missing key the checker expects the key's own name.
  if (expected === `"${String(key)}"`) return key === 'authUrl' ? 'an http or https address' : 'a text'
  if (!message.startsWith('Invalid ')) return message
  return plainTypes[expected ?? ''] ?? expected ?? message
}

const plainTypes: Readonly<Record<string, string>> = {
  string: 'a text that is not empty',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object',
}

function invalid(field: string, value: unknown, wanted: string): OpenStackError {
  const shown =
    value === undefined
      ? ''
      : `, got ${inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80 })}`
  const name = field === '' ? 'the options' : field
  return new OpenStackError('invalid-options', `connect: ${name} must be ${wanted}${shown}`)
}
