import type { ConfigShape } from '../config/config-shape.js'
import { listenKey, parseListen } from '../config/listen.js'
import type { ConfigNode } from './config-tree.js'

type FrontShape = NonNullable<ConfigShape['server']>

/** One server block, and where it listens: by address, and whether it is the first choice there. */
interface Server {
  readonly file: string | undefined
  readonly isOurs: boolean
  readonly names: readonly string[]
  readonly listens: ReadonlyMap<string, { readonly isDefault: boolean }>
}

/** Where a server listens that does not say where. */
const listensByDefault = '80'

/**
 * Why clients of our server's port meet another server of this configuration; undefined when they meet ours. As Nginx
 * chooses: by the name asked for, the first server that has it; else the address's default, or its first server.
 *
 * @param isOurs - whether a server stands in our file
 * @see https://nginx.org/en/docs/http/request_processing.html
 */
export function shadowedBy(
  nodes: readonly ConfigNode[],
  front: FrontShape,
  isOurs: (node: ConfigNode) => boolean,
): string | undefined {
  const servers = serversIn(nodes, isOurs)
  for (const listen of front.listen) {
    const there = servers.filter(({ listens }) => listens.has(listenKey(listen)))
    const other = answererOf(there, listenKey(listen), front.serverNames)
    if (other === undefined) continue
    const { name, server } = other
    const place = server.file ?? 'another file'
    const asked = name === undefined ? '' : ` for ${name}`
    const cure =
      name === undefined
        ? `remove that server, or give listen '${[listen.address, ...listen.flags, 'default_server'].join(' ')}', or serverNames`
        : 'remove that server or its name'
    return `requests to ${listen.address}${asked} are answered by the server${titleOf(server)} in ${place}: ${cure}`
  }
  return undefined
}

function answererOf(
  there: readonly Server[],
  key: string,
  names: readonly string[],
): { readonly name: string | undefined; readonly server: Server } | undefined {
  const real = names.filter((name) => name !== '_')
  for (const name of real) {
    const first = there.find((server) => server.names.includes(name.toLowerCase()))
    if (first !== undefined && !first.isOurs) return { name, server: first }
  }
  if (real.length > 0) return undefined
  const first = there.find(({ listens }) => listens.get(key)?.isDefault === true) ?? there[0]
  return first === undefined || first.isOurs ? undefined : { name: undefined, server: first }
}

function serversIn(nodes: readonly ConfigNode[], isOurs: (node: ConfigNode) => boolean): readonly Server[] {
  return nodes
    .filter(({ name }) => name === 'http')
    .flatMap(({ body = [] }) => body.filter(({ name }) => name === 'server'))
    .map((node): Server => {
      const { body = [], file } = node
      const listens = body.filter(({ name }) => name === 'listen').flatMap(({ args }) => placeOf(args))
      return {
        file,
        isOurs: isOurs(node),
        names: body
          .filter(({ name }) => name === 'server_name')
          .flatMap(({ args }) => args.map((arg) => arg.toLowerCase())),
        listens: new Map(listens.length === 0 ? placeOf([listensByDefault]) : listens),
      }
    })
}

/** Nothing for an address that cannot be told without resolving it. */
function placeOf([address = '', ...flags]: readonly string[]): readonly (readonly [
  string,
  { readonly isDefault: boolean },
])[] {
  const isPort = /^\d+$/.test(address)
  const hasPort = isPort || /:\d+$/.test(address) || address.startsWith('unix:')
  const one = parseListen(hasPort ? address : `${address}:80`)
  const isDefault = flags.includes('default_server') || flags.includes('default')
  return one === undefined ? [] : [[listenKey(one), { isDefault }]]
}

function titleOf({ names }: Server): string {
  return names.length === 0 ? '' : ` "${names.slice(0, 3).join(' ')}"`
}
