import type { ConfigNode } from './config-tree.js'
import { lastOf } from './installation.js'
import { timeMs } from './time-value.js'

/** One place where a server passes requests to the upstream, and how it treats the clients that they came from. */
export interface Front {
  readonly keepAliveMs: number
  readonly minKeepAliveMs: number
  readonly listens: readonly string[]
}

/** Nginx's own default. */
const defaultKeepAliveMs = 75_000

/** All places that pass to this upstream. A setting of a block holds for those inside it that do not set it. */
export function frontsOf(nodes: readonly ConfigNode[], upstream: string): readonly Front[] {
  return blocks(nodes, 'http').flatMap((http) =>
    blocks(http, 'server').flatMap((server) =>
      passingScopes(server, upstream).map((scopes): Front => {
        const setting = (name: string): number | undefined => {
          for (const scope of [...scopes, server, http]) {
            const found = lastOf(scope, name)?.args[0]
            if (found !== undefined) return timeMs(found)
          }
          return undefined
        }
        return {
          keepAliveMs: setting('keepalive_timeout') ?? defaultKeepAliveMs,
          minKeepAliveMs: setting('keepalive_min_timeout') ?? 0,
          listens: server.filter(({ name }) => name === 'listen').map(({ args }) => args[0] ?? ''),
        }
      }),
    ),
  )
}

/** The blocks, innermost first, around each proxy_pass to the upstream inside a server. */
function passingScopes(
  scope: readonly ConfigNode[],
  upstream: string,
): readonly (readonly (readonly ConfigNode[])[])[] {
  const passes = scope.some(({ name, args }) => name === 'proxy_pass' && isTo(args[0] ?? '', upstream))
  const inner = scope.flatMap(({ body }) =>
    body === undefined ? [] : passingScopes(body, upstream).map((scopes) => [...scopes, body]),
  )
  return passes ? [[], ...inner] : inner
}

function isTo(target: string, upstream: string): boolean {
  const [, host] = /^https?:\/\/([^/:]+)(?:[/:]|$)/.exec(target) ?? []
  return host?.toLowerCase() === upstream.toLowerCase()
}

function blocks(nodes: readonly ConfigNode[], name: string): readonly (readonly ConfigNode[])[] {
  return nodes.flatMap((node) => (node.name === name && node.body !== undefined ? [node.body] : []))
}
