import * as v from 'valibot'
import { checkOptions, invalidOption } from '../options/check-options.js'
import * as check from '../options/checks.js'
import { messageOf } from '../errors.js'
import { boundedRequest } from '../http/bounded-request.js'
import { plainHeaders } from '../http/http-options.js'
import { networkReason } from '../http/network-reason.js'
import { instanceUrl, requestPath } from '../http/request-path.js'
import { boundProbe } from './probe-bound.js'
import type { Probe } from './probe.js'
import { type Form, besideForm } from '../options/form.js'

/** The statuses that count as healthy: one, a range with both ends, or a rule of the caller's own. */
export type ExpectedStatus = number | readonly [from: number, to: number] | ((status: number) => boolean)

/** Options of `httpProbe()`. */
export interface HttpProbeOptions {
  /** Bound of one check, from connecting to the end of the answer; default 2000. */
  readonly timeoutMs?: number | undefined
  /** Default `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'OPTIONS' | undefined
  /** Default 200 to 399. */
  readonly expectStatus?: ExpectedStatus | undefined
  /** Sent with every request, such as Host. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Default `http`. */
  readonly scheme?: 'http' | 'https' | undefined
  /** Default the instance's own port. */
  readonly port?: number | undefined
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Takes any certificate; default false. */
  readonly allowUntrusted?: boolean | undefined
}

const status = check.wholeNumber(100, 599)

const schema = v.strictObject({
  timeoutMs: v.optional(check.milliseconds(1)),
  method: v.optional(v.picklist(['GET', 'HEAD', 'POST', 'OPTIONS'])),
  expectStatus: v.optional(
    v.custom<ExpectedStatus>(
      (value) =>
        typeof value === 'function' ||
        v.is(status, value) ||
        (v.is(v.tuple([status, status]), value) && value[0] <= value[1]),
      'a status from 100 to 599, a range [from, to] of them, or a function',
    ),
  ),
  headers: v.optional(v.unknown()),
  scheme: v.optional(v.picklist(['http', 'https'])),
  port: v.optional(check.wholeNumber(1, 65_535)),
  ca: v.optional(check.text()),
  allowUntrusted: v.optional(v.boolean()),
})

const defaults = { timeoutMs: 2000, method: 'GET', expectStatus: [200, 399], scheme: 'http' } as const

/** More of the answer than this is not read. */
const longestBodyBytes = 64 * 1024

/**
 * Healthy when the instance answers a request with an expected status, and ends its answer, in time. The connection is
 * new each time and closed afterwards. Redirects are not followed: they are answers, and by default good ones.
 *
 * @param path - begins with `/`; may have a query
 * @throws FlotillaError `invalid-options`
 *
 * @example
 * ```ts
 * import { httpProbe } from '@flotilla/core'
 *
 * const probe = httpProbe('/health')
 * ```
 */
export function httpProbe(path: string, options: HttpProbeOptions = {}): Probe {
  if (!v.is(requestPath(), path)) {
    throw invalidOption(
      'httpProbe',
      'path',
      path,
      'a path that begins with /, without spaces or control characters',
    )
  }
  const checked = checkOptions('httpProbe', schema, options)
  const headers = plainHeaders('httpProbe', checked.headers)
  const timeoutMs = checked.timeoutMs ?? defaults.timeoutMs
  const method = checked.method ?? defaults.method
  const scheme = checked.scheme ?? defaults.scheme
  const isExpected = statusRule(checked.expectStatus ?? defaults.expectStatus)
  const { port, ca, allowUntrusted } = checked

  return {
    name: `http ${path}`,
    check: ({ address }, call) =>
      boundProbe(
        async (signal) => {
          const url = instanceUrl(scheme, { host: address.host, port: port ?? address.port }, path)
          const answer = await boundedRequest({
            url,
            method,
            headers,
            maxBytes: longestBodyBytes,
            cutLongBody: true,
            ca,
            allowUntrusted,
            signal,
          })
          const said = isExpected(answer.status)
          if (said === true) return { healthy: true }
          return { healthy: false, reason: `answered ${answer.status}${said === false ? '' : `; ${said}`}` }
        },
        timeoutMs,
        call,
        networkReason,
      ),
  }
}

/** Whether a status will do, or what went wrong in the caller's own rule. */
function statusRule(expected: ExpectedStatus): (status: number) => boolean | string {
  if (typeof expected === 'number') return (answered) => answered === expected
  if (typeof expected !== 'function') {
    const [from, to] = expected
    return (answered) => answered >= from && answered <= to
  }
  return (answered) => {
    try {
      const said: unknown = expected(answered)
      return typeof said === 'boolean' ? said : 'expectStatus did not say true or false'
    } catch (error) {
      return `expectStatus failed: ${messageOf(error)}`
    }
  }
}

/** How `httpProbe` is written in a file. */
export const httpProbeForm: Form = besideForm(
  'a probe',
  'httpProbe',
  httpProbe,
  ['path', requestPath()],
  schema.entries,
)
