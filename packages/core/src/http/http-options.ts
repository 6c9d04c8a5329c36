import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as v from 'valibot'
import * as check from '../options/checks.js'
import { hiddenOption, invalidOption } from '../options/check-options.js'

/** How a metric source asks over HTTP. */
export interface HttpOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as `Authorization: Bearer …`. */
  readonly bearerToken?: string | undefined
  /** Sent as `Authorization: Basic …`; credentials in the URL do the same. */
  readonly basic?: { readonly username: string; readonly password: string } | undefined
  /** PEM text of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined
  /** Takes any certificate; default false. */
  readonly allowUntrusted?: boolean | undefined
}

/**
 * The schema entries for `HttpOptions`. Those that hold secrets are checked by `requestHeaders`, whose messages never
 * show a value.
 */
export const httpEntries: {
  readonly headers: v.OptionalSchema<v.UnknownSchema, undefined>
  readonly bearerToken: v.OptionalSchema<v.UnknownSchema, undefined>
  readonly basic: v.OptionalSchema<v.UnknownSchema, undefined>
  readonly ca: v.OptionalSchema<v.GenericSchema<string>, undefined>
  readonly allowUntrusted: v.OptionalSchema<v.BooleanSchema<undefined>, undefined>
} = {
  headers: v.optional(v.unknown()),
  bearerToken: v.optional(v.unknown()),
  basic: v.optional(v.unknown()),
  ca: v.optional(check.text()),
  allowUntrusted: v.optional(v.boolean()),
}

/** An address to ask, with its credentials taken out of it. */
export interface HttpTarget {
  readonly url: URL
  /** For messages: no credentials and no query, which may hold a token too. */
  readonly shown: string
  readonly basic?: HttpOptions['basic']
}

/**
 * The option `url` as an address to ask.
 *
 * @throws FlotillaError `invalid-options` when it is no absolute http or https address
 */
export function httpTarget(what: string, given: unknown): HttpTarget {
  const expected = 'an absolute http:// or https:// address without a fragment'
  if (typeof given !== 'string') throw invalidOption(what, 'url', given, expected)
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hash !== '') {
    throw given.includes('@')
      ? hiddenOption(what, 'url', expected)
      : invalidOption(what, 'url', given, expected)
  }
  const { username, password } = url
  url.username = ''
  url.password = ''
  const shown = `${url.origin}${url.pathname}`
  if (username === '' && password === '') return { url, shown }
  try {
    return {
      url,
      shown,
      basic: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
    }
  } catch {
    throw hiddenOption(what, 'url', 'an address whose credentials are percent-encoded')
  }
}

/**
 * The headers that these options ask for, with lower-case names.
 *
 * @throws FlotillaError `invalid-options`, which never shows a header's value, a token or a password
 */
export function requestHeaders(what: string, options: HttpOptions): Readonly<Record<string, string>> {
  const headers = plainHeaders(what, options.headers)
  const authorization = authorizationOf(what, options)
  if (authorization === undefined) return headers
  if (Object.hasOwn(headers, 'authorization')) {
    throw hiddenOption(what, 'headers.authorization', 'left out when another option gives the credentials')
  }
  return { ...headers, authorization }
}

/** The option `headers`, checked, with lower-case names. */
export function plainHeaders(what: string, given: unknown): Readonly<Record<string, string>> {
  if (given === undefined) return {}
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw hiddenOption(what, 'headers', 'an object of texts')
  }
  const headers: [string, string][] = []
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    const field = `headers.${name}`
    try {
      validateHeaderName(name)
    } catch {
      throw hiddenOption(what, field, 'named as an HTTP header may be')
    }
    try {
      if (typeof value !== 'string') throw new TypeError('not a text')
      validateHeaderValue(name, value)
    } catch {
      throw hiddenOption(what, field, 'a text that an HTTP header may hold')
    }
    headers.push([name.toLowerCase(), value])
  }
  return Object.fromEntries(headers)
}

function authorizationOf(what: string, { bearerToken, basic }: HttpOptions): string | undefined {
  if (bearerToken !== undefined && basic !== undefined) {
    throw hiddenOption(what, 'bearerToken', 'left out when there are other credentials')
  }
  if (bearerToken !== undefined) {
    if (typeof bearerToken !== 'string' || !/^[\x21-\x7e]+$/.test(bearerToken)) {
      throw hiddenOption(what, 'bearerToken', 'a text of printable ASCII without spaces')
    }
    return `Bearer ${bearerToken}`
  }
  if (basic === undefined) return undefined
  if (typeof basic !== 'object' || basic === null) {
    throw hiddenOption(what, 'basic', 'an object with username and password')
  }
  const { username, password, ...others } = basic
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) {
    throw hiddenOption(what, `basic.${unknown}`, 'left out: there is no such option')
  }
  if (typeof username !== 'string' || username.includes(':')) {
    throw hiddenOption(what, 'basic.username', 'a text without a colon')
  }
  if (typeof password !== 'string') throw hiddenOption(what, 'basic.password', 'a text')
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
