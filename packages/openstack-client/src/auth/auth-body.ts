import type { AuthSettings, Identity, Scope, UserRef } from './auth-settings.js'

type Json = Readonly<Record<string, unknown>>

/**
 * The body of `POST /v3/auth/tokens`. It holds the secret in clear.
 *
 * @see https://docs.openstack.org/api-ref/identity/v3/#authentication-and-token-management
 */
export function authBody({ identity, scope }: Pick<AuthSettings, 'identity' | 'scope'>): Json {
  const said = scopeBody(scope)
  return { auth: { identity: identityBody(identity), ...(said === undefined ? {} : { scope: said }) } }
}

function identityBody(identity: Identity): Json {
  switch (identity.kind) {
    case 'password': {
      const user = { ...userBody(identity.user), password: identity.password.reveal() }
      return { methods: ['password'], password: { user } }
    }
    case 'token':
      return { methods: ['token'], token: { id: identity.token.reveal() } }
    case 'application-credential': {
      const { credential, secret } = identity
      const who = 'id' in credential ? credential : { name: credential.name, user: userBody(credential.user) }
      return {
        methods: ['application_credential'],
        application_credential: { ...who, secret: secret.reveal() },
      }
    }
  }
}

const userBody = (user: UserRef): Json =>
  'id' in user ? { id: user.id } : { name: user.name, domain: user.domain }

function scopeBody(scope: Scope): Json | undefined {
  switch (scope.kind) {
    case 'project':
      return { project: scope.project }
    case 'domain':
      return { domain: scope.domain }
    case 'system':
      return { system: { all: true } }
    case 'trust':
      return { 'OS-TRUST:trust': { id: scope.trustId } }
    case 'unscoped':
      return undefined
  }
}
