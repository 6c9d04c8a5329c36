import { labels } from '@flotilla/docker-engine'
import type { ServiceSpec } from './manager/swarm-api.js'

/** Labels of a service beside those that every machine of ours has. */
export const serviceLabels = {
  /** On a service that this package made, which goes when its last token does. */
  made: 'flotilla.made',
  /** The template of ours that Swarm has taken back, so that a restarted controller knows. */
  rolledBack: 'flotilla.rolled-back',
  /** Before each token: Swarm gives tasks no names, so the service remembers what it was asked for. */
  tokenPrefix: 'flotilla.token.',
} as const

/** One machine that was asked for. */
export interface Token {
  readonly token: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** Oldest first. */
export function readTokens(spec: ServiceSpec): readonly Token[] {
  const { tokenPrefix } = serviceLabels
  return Object.entries(spec.Labels ?? {})
    .flatMap(([name, value]): readonly Token[] =>
      name.startsWith(tokenPrefix)
        ? [{ token: name.slice(tokenPrefix.length), createdAt: Number(value) || 0 }]
        : [],
    )
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.token < b.token ? -1 : 1))
}

/** The labels of a service with these tokens and no others. */
export function withTokens(
  found: Readonly<Record<string, string>>,
  tokens: readonly Token[],
): Readonly<Record<string, string>> {
  const { tokenPrefix } = serviceLabels
  const others = Object.entries(found).filter(([name]) => !name.startsWith(tokenPrefix))
  const ours = tokens.map(({ token, createdAt }) => [`${tokenPrefix}${token}`, String(createdAt)] as const)
  return Object.fromEntries([...others, ...ours])
}

export function readReplicas(spec: ServiceSpec): number {
  return spec.Mode?.Replicated?.Replicas ?? 0
}

/** Whose it is, as its labels say. */
export function readOwner(spec: ServiceSpec): {
  readonly group: string | undefined
  readonly scope: string | undefined
  readonly templateHash: string | undefined
} {
  const { group, scope, template } = labels
  return {
    group: spec.Labels?.[group],
    scope: spec.Labels?.[scope],
    templateHash: spec.Labels?.[template],
  }
}
