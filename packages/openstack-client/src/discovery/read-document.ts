import type { Token } from '../auth/token.js'
import type { Engine } from '../http/engine.js'
import { sendCall } from '../http/http-call.js'
import { jsonOf } from '../http/json-body.js'
import { OpenStackError } from '../openstack-error.js'

const mostRedirects = 3

/**
 * The version document at an address; undefined when the service has none there.
 * A redirect is followed on the same host only, because the token is sent with it.
 */
export async function readDocument(
  engine: Engine,
  { service, url, token }: { readonly service: string; readonly url: string; readonly token: Token },
): Promise<unknown> {
  const what = 'read its versions'
  const { clock, timeoutMs, attemptTimeoutMs, closed: signal, userAgent } = engine
  const endsAt = clock.monotonic() + timeoutMs
  const headers = {
    accept: 'application/json',
    'user-agent': userAgent,
    'x-auth-token': token.value.reveal(),
  }
  const common = {
    service,
    what,
    method: 'GET',
    headers,
    repeatable: true,
    acceptsRedirect: true,
    attemptTimeoutMs,
    endsAt,
    signal,
  }
  let address = url
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    try {
      const answer = await sendCall(engine, { ...common, url: address })
      const location = answer.status > 300 ? answer.headers.get('location') : null
      if (location === null) return jsonOf(answer, { service, what })
      const next = new URL(location, address)
      if (next.origin !== new URL(address).origin) return undefined
      address = next.href
    } catch (error) {
      const status = error instanceof OpenStackError ? error.status : undefined
      // The token keeper handles 401, and a 5xx may be gone at the next try.
      if (status !== undefined && status < 500 && status !== 401) return undefined
      throw error
    }
  }
  return undefined
}
