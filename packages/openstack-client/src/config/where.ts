import type { DomainRef } from '../auth/auth-settings.js'
import type { CloudSettings } from './settings.js'

/** Keystone, project and region in words. */
export function whereOf({ auth, region }: Pick<CloudSettings, 'auth' | 'region'>): string {
  const { authUrl, scope, identity } = auth
  const at = authUrl.replace(/\/+(v3\/*)?$/, '')
  return `${at} ${whose(scope, identity)} region ${region ?? '(first)'}`
}

function whose(scope: CloudSettings['auth']['scope'], identity: CloudSettings['auth']['identity']): string {
  switch (scope.kind) {
    case 'project': {
      const { project } = scope
      return 'id' in project
        ? `project ${project.id}`
        : `project ${project.name} of ${domain(project.domain)}`
    }
    case 'domain':
      return domain(scope.domain)
    case 'trust':
      return `trust ${scope.trustId}`
    case 'system':
      return 'system'
    case 'unscoped':
      if (identity.kind !== 'application-credential') return 'no project'
      // It is bound to its project, which only Keystone can name.
      return 'id' in identity.credential
        ? `application credential ${identity.credential.id}`
        : `application credential ${identity.credential.name}`
  }
}

const domain = (ref: DomainRef): string => ('id' in ref ? `domain ${ref.id}` : `domain ${ref.name}`)
