import type { FakeAnswer } from './recorded.js'
import type { FakeRequest, Routes } from './routes.js'
import { fixture } from '../kit/fixture.js'

let made = 0

/** What the fake Keystone goes by. */
export interface Keystone {
  readonly tokens: Set<string>
  readonly password: string
  readonly tokenLifetimeMs: number
  readonly now: () => number
}

/** Keystone: it checks the credentials that the tests use, and gives tokens that end. */
export function identityRoutes(cloud: Routes & Keystone): void {
  cloud.on('GET', '/identity/', () => versions())
  cloud.on('POST', '/identity/v3/auth/tokens', (request) => newToken(cloud, request))
}

function versions(): FakeAnswer {
  const { status, headers, body } = fixture('disc-keystone-root').response
  return { status, headers, body }
}

interface AuthBody {
  readonly auth: {
    readonly identity: {
      readonly methods: readonly string[]
      readonly password?: { readonly user: { readonly password: string } }
      readonly application_credential?: { readonly secret: string }
      readonly token?: { readonly id: string }
    }
    readonly scope?: unknown
  }
}

function newToken(cloud: Keystone, { json }: FakeRequest): FakeAnswer {
  const { identity } = (json as AuthBody).auth
  const given = identity.password?.user.password ?? identity.application_credential?.secret
  if (given !== cloud.password && !cloud.tokens.has(identity.token?.id ?? '')) {
    const { status, headers, body } = fixture('auth-bad-password-401').response
    return { status, headers, body }
  }
  made += 1
  const value = `gAAAAA-token-${made}`
  cloud.tokens.add(value)
  const { headers, body } = fixture('auth-password-201').response
  const { token } = body as { readonly token: object }
  const now = cloud.now()
  return {
    status: 201,
    headers: { ...headers, 'x-subject-token': value },
    body: {
      token: {
        ...token,
        issued_at: new Date(now).toISOString(),
        expires_at: new Date(now + cloud.tokenLifetimeMs).toISOString(),
      },
    },
  }
}
