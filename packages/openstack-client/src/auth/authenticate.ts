import { hrefAtHost, versionInPath, withoutSlash } from '../discovery/service-api.js'
import { newestOf, readVersionDocument } from '../discovery/version-document.js'
import type { Engine } from '../http/engine.js'
import { sendCall, type HttpCall } from '../http/http-call.js'
import { jsonOf } from '../http/json-body.js'
import { OpenStackError } from '../openstack-error.js'
import { within } from '../time/within.js'
import { authBody } from './auth-body.js'
import type { AuthSettings } from './auth-settings.js'
import { readToken, type Token } from './token.js'

const service = 'identity'

/**
 * Gives a function that gets a new token from Keystone. The address of its v3 API is looked for once.
 *
 * @throws OpenStackError `unauthorized` when Keystone refuses the credentials
 */
export function authenticator(engine: Engine, settings: AuthSettings): () => Promise<Token> {
  const { clock, timeoutMs, closed } = engine
  let v3: string | undefined
  return () => {
    const endsAt = clock.monotonic() + timeoutMs
    const bounds = { clock, timeoutMs, service, what: 'identity: authenticate', maybeDone: false }
    return within({ ...bounds, signals: [closed] }, async (signal) => {
      const common = { service, repeatable: true, attemptTimeoutMs: engine.attemptTimeoutMs, endsAt, signal }
      v3 ??= await findV3(engine, settings.authUrl, common)
      const what = 'authenticate'
      const answer = await sendCall(engine, {
        ...common,
        what,
        method: 'POST',
        url: `${v3}/auth/tokens`,
        headers: { ...headersOf(engine), 'content-type': 'application/json' },
        body: JSON.stringify(authBody(settings)),
      }).catch((error: unknown) => {
        throw withHint(error)
      })
      return readToken(answer.headers.get('x-subject-token'), jsonOf(answer, { service, what }))
    })
  }
}

type Common = Pick<HttpCall, 'service' | 'repeatable' | 'attemptTimeoutMs' | 'endsAt' | 'signal'>

const headersOf = ({ userAgent }: Engine): Record<string, string> => ({
  accept: 'application/json',
  'user-agent': userAgent,
})

async function findV3(engine: Engine, authUrl: string, common: Common): Promise<string> {
  const address = withoutSlash(authUrl)
  const inPath = versionInPath(address)
  if (inPath !== undefined) {
    // Some addresses still end in v2.0, which is beside v3.
    return inPath === 3 ? address : address.replace(/\/v\d+(\.\d+)?$/, '/v3')
  }
  const what = 'find the v3 API'
  try {
    const url = `${address}/`
    const answer = await sendCall(engine, { ...common, what, method: 'GET', url, headers: headersOf(engine) })
    const version = newestOf(readVersionDocument(jsonOf(answer, { service, what })), 3)
    return hrefAtHost(address, version?.href ?? '') ?? `${address}/v3`
  } catch (error) {
    // Some fronts let only /v3 through.
    if (error instanceof OpenStackError && error.status !== undefined && error.status < 500)
      return `${address}/v3`
    throw error
  }
}

function withHint(error: unknown): unknown {
  if (!(error instanceof OpenStackError) || error.code !== 'unauthorized') return error
  const hint = '; look at the user, the password or secret, the domains and the project'
  return new OpenStackError(error.code, `${error.message}${hint}`, error)
}
