import type { Secret } from '../secrets/secret.js'

/** A domain by one of its two names. */
export type DomainRef = { readonly id: string } | { readonly name: string }

/** A user by id, or by name within a domain. */
export type UserRef = { readonly id: string } | { readonly name: string; readonly domain: DomainRef }

/** The credentials. */
export type Identity =
  | { readonly kind: 'password'; readonly user: UserRef; readonly password: Secret }
  | { readonly kind: 'token'; readonly token: Secret }
  | {
      readonly kind: 'application-credential'
      readonly credential: { readonly id: string } | { readonly name: string; readonly user: UserRef }
      readonly secret: Secret
    }

/** The scope of the token. */
export type Scope =
  | { readonly kind: 'project'; readonly project: { readonly id: string } }
  | { readonly kind: 'project'; readonly project: { readonly name: string; readonly domain: DomainRef } }
  | { readonly kind: 'domain'; readonly domain: DomainRef }
  | { readonly kind: 'system' }
  | { readonly kind: 'trust'; readonly trustId: string }
  | { readonly kind: 'unscoped' }

/** What is sent to Keystone. */
export interface AuthSettings {
  /** With or without `/v3`. */
  readonly authUrl: string
  readonly identity: Identity
  readonly scope: Scope
}

/** The secrets in it, for the redactor. */
export function secretsOf({ identity }: AuthSettings): readonly Secret[] {
  switch (identity.kind) {
    case 'password':
      return [identity.password]
    case 'token':
      return [identity.token]
    case 'application-credential':
      return [identity.secret]
  }
}
