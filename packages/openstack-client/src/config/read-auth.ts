import type { AuthSettings, DomainRef, Identity, Scope, UserRef } from '../auth/auth-settings.js'
import { OpenStackError } from '../openstack-error.js'
import { Secret } from '../secrets/secret.js'
import { isRawCloud, textOf, type RawCloud } from './raw-cloud.js'

/** Reads a key of `auth` under the first of its names that is given. In variables the keys are beside `auth`. */
type Read = (...names: readonly string[]) => string | undefined

/** Reads how to sign in from a cloud of a file, the environment or the options. */
export function readAuth(cloud: string, raw: RawCloud): AuthSettings {
  const auth = isRawCloud(raw['auth']) ? raw['auth'] : {}
  const read: Read = (...names) => {
    for (const name of names) {
      const value = textOf(auth[name]) ?? textOf(raw[name])
      if (value !== undefined) return value
    }
    return undefined
  }
  const fail = (text: string): OpenStackError =>
    new OpenStackError('invalid-options', `connect: cloud ${cloud}: ${text}`)
  const identity = identityOf(kindOf(read, fail), read, fail)
  return { authUrl: authUrlOf(read('auth_url'), fail), identity, scope: scopeOf(identity, read, fail) }
}

type Fail = (text: string) => OpenStackError

function authUrlOf(value: string | undefined, fail: Fail): string {
  if (value === undefined) throw fail('auth_url is missing')
  // The error of `URL` repeats the address with its credentials.
  if (!URL.canParse(value) || !/^https?:/i.test(value))
    throw fail('auth_url must be an http or https address')
  const { username, password } = new URL(value)
  if (username !== '' || password !== '')
    throw fail('auth_url must not hold credentials; give username and password')
  return value
}

function kindOf(read: Read, fail: Fail): Identity['kind'] {
  const type = read('auth_type')?.toLowerCase()
  switch (type) {
    case undefined:
      if (read('application_credential_secret') !== undefined) return 'application-credential'
      if (read('token') === undefined) return 'password'
      if (read('password') !== undefined)
        throw fail('password and token are both given: leave one out, or say which by auth_type')
      return 'token'
    case 'password':
    case 'v3password':
      return 'password'
    case 'token':
    case 'v3token':
      return 'token'
    case 'v3applicationcredential':
    case 'v3_application_credential':
      return 'application-credential'
    default:
      throw fail(`auth_type must be password, token or v3applicationcredential, got ${type}`)
  }
}

function identityOf(kind: Identity['kind'], read: Read, fail: Fail): Identity {
  const need = (value: string | undefined, name: string): string => {
    if (value === undefined) throw fail(`${name} is missing`)
    return value
  }
  switch (kind) {
    case 'password':
      return {
        kind,
        user: userOf(read) ?? failWith(fail('username or user_id is missing')),
        password: new Secret(need(read('password'), 'password')),
      }
    case 'token':
      return { kind, token: new Secret(need(read('token'), 'token')) }
    case 'application-credential': {
      const secret = new Secret(need(read('application_credential_secret'), 'application_credential_secret'))
      const id = read('application_credential_id')
      if (id !== undefined) return { kind, credential: { id }, secret }
      const name = need(
        read('application_credential_name'),
        'application_credential_id or application_credential_name',
      )
      const user =
        userOf(read) ?? failWith(fail('an application credential by name needs username or user_id'))
      return { kind, credential: { name, user }, secret }
    }
  }
}

function failWith(error: OpenStackError): never {
  throw error
}

function userOf(read: Read): UserRef | undefined {
  const id = read('user_id')
  if (id !== undefined) return { id }
  const name = read('username', 'user_name')
  return name === undefined ? undefined : { name, domain: domainOf(read, 'user_domain') }
}

/**
 * The domain of a user or project; by default the one that every Keystone has. Beside a project, `domain_id` and
 * `domain_name` are no scope, but the domain of both, as openstacksdk has it.
 */
function domainOf(read: Read, prefix: 'user_domain' | 'project_domain'): DomainRef {
  const ofBoth = isOfProject(read)
  const id = read(`${prefix}_id`)
  if (id !== undefined) return { id }
  const own = read(`${prefix}_name`)
  if (own !== undefined) return { name: own }
  const commonId = ofBoth ? read('domain_id') : undefined
  if (commonId !== undefined) return { id: commonId }
  const name = (ofBoth ? read('domain_name') : undefined) ?? read('default_domain_name')
  return name === undefined ? { id: read('default_domain_id', 'default_domain') ?? 'default' } : { name }
}

const projectKeys = ['project_id', 'tenant_id', 'project_name', 'tenant_name'] as const

const isOfProject = (read: Read): boolean => read(...projectKeys) !== undefined

function scopeOf(identity: Identity, read: Read, fail: Fail): Scope {
  const [trustId, system] = [read('trust_id'), read('system_scope')]
  // Anything else would be a token without scope.
  if (system !== undefined && system !== 'all') throw fail(`system_scope must be all, got ${system}`)
  const isOfDomain = !isOfProject(read) && read('domain_id', 'domain_name') !== undefined
  const scopes = [
    ...(trustId === undefined ? [] : ['trust_id']),
    ...(system === undefined ? [] : ['system_scope']),
    ...(isOfProject(read) ? ['a project'] : []),
    ...(isOfDomain ? ['a domain'] : []),
  ]
  if (identity.kind === 'application-credential') {
    // An application credential has its project: Keystone refuses a scope beside it. An openrc names the same project.
    if (trustId !== undefined || system !== undefined)
      throw fail(`${scopes[0]} must be left out: an application credential is bound to its project`)
    return { kind: 'unscoped' }
  }
  if (scopes.length > 1)
    throw fail(`${scopes.join(' and ')} are both given: a token has one scope; leave one out`)
  if (trustId !== undefined) return { kind: 'trust', trustId }
  if (system !== undefined) return { kind: 'system' }
  const projectId = read('project_id', 'tenant_id')
  if (projectId !== undefined) return { kind: 'project', project: { id: projectId } }
  const projectName = read('project_name', 'tenant_name')
  if (projectName !== undefined) {
    return { kind: 'project', project: { name: projectName, domain: domainOf(read, 'project_domain') } }
  }
  const domainId = read('domain_id')
  if (domainId !== undefined) return { kind: 'domain', domain: { id: domainId } }
  const domainName = read('domain_name')
  return domainName === undefined ? { kind: 'unscoped' } : { kind: 'domain', domain: { name: domainName } }
}
