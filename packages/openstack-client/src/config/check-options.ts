import { inspect } from 'node:util'
import * as v from 'valibot'
import { isMicroversion } from '../discovery/microversion.js'
import { OpenStackError } from '../openstack-error.js'
import type { ConnectOptions } from './connect-options.js'

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

const schema = v.strictObject({
  cloud: optionalText,
  auth: v.optional(auth),
  region: optionalText,
  interface: v.optional(v.picklist(['public', 'internal', 'admin'], 'public, internal or admin')),
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
  const result = v.safeParse(schema, options)
  if (!result.success) {
    const issue = result.issues[0]
    const field = v.getDotPath(issue) ?? ''
    const isUnknown = issue.type === 'strict_object' && issue.expected === 'never'
    const wanted = isUnknown
      ? 'left out: there is no such option'
      : issue.message.startsWith('Invalid ')
        ? (issue.expected ?? issue.message)
        : issue.message
    throw invalid(
      field,
      isUnknown || field.startsWith('auth') || field === '' ? undefined : issue.input,
      wanted,
    )
  }
  if (options.cloud !== undefined && options.auth !== undefined) {
    throw invalid('auth', undefined, 'left out where cloud is given, or the other way round')
  }
}

function invalid(field: string, value: unknown, wanted: string): OpenStackError {
  const shown =
    value === undefined
      ? ''
      : `, got ${inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 80 })}`
  const name = field === '' ? 'the options' : field
  return new OpenStackError('invalid-options', `connect: ${name} must be ${wanted}${shown}`)
}
