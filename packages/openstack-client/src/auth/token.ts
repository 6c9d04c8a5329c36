import { readCatalog, type Catalog } from '../catalog/catalog.js'
import { OpenStackError } from '../openstack-error.js'
import { Fields } from '../resources/fields.js'
import { Secret } from '../secrets/secret.js'

/** What Keystone says about a token. */
export interface TokenFacts {
  /** Absent for a token of a domain, of the system, or without scope. */
  readonly projectId: string | undefined
  readonly projectName: string | undefined
  readonly userId: string | undefined
  readonly userName: string | undefined
  readonly roles: readonly string[]
  /** By Keystone's clock, milliseconds since the epoch. */
  readonly expiresAt: number
  /** How long it lives from its issue; both ends by Keystone's clock, so that a skew of ours does not matter. */
  readonly lifetimeMs: number | undefined
}

/** A token with its catalogue. */
export interface Token {
  readonly value: Secret
  readonly facts: TokenFacts
  readonly catalog: Catalog
}

/** Reads Keystone's answer to `POST /v3/auth/tokens`. */
export function readToken(value: string | null, body: unknown): Token {
  if (value === null || value === '') throw badAnswer('no X-Subject-Token')
  const token = Fields.of(body).fields('token')
  const expiresAt = token.time('expires_at')
  if (expiresAt === undefined) throw badAnswer('no expires_at')
  const issuedAt = token.time('issued_at')
  const project = token.fields('project')
  const user = token.fields('user')
  return {
    value: new Secret(value),
    facts: {
      projectId: project.text('id'),
      projectName: project.text('name'),
      userId: user.text('id'),
      userName: user.text('name'),
      roles: token.list('roles').map((role) => role.text('name') ?? ''),
      expiresAt,
      lifetimeMs: issuedAt === undefined ? undefined : expiresAt - issuedAt,
    },
    catalog: readCatalog(token.list('catalog')),
  }
}

const badAnswer = (what: string): OpenStackError =>
  new OpenStackError('bad-answer', `identity: authenticate: the answer has ${what}`, { service: 'identity' })
