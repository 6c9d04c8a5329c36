import { markerPath } from '../config/front-server.js'
import type { ConfigShape } from '../config/config-shape.js'
import type { ConfigNode } from '../setup/config-tree.js'
import { installationFrom, type Installation } from '../setup/installation.js'
import { notRead } from '../setup/not-read.js'
import { shadowedBy } from '../setup/shadowing.js'

/** Why clients would not get what our file holds, although Nginx takes its whole configuration; undefined when they do. */
export function faultIn(
  dump: string,
  text: string,
  { shape, configFile }: { readonly shape: ConfigShape; readonly configFile: string },
): string | undefined {
  const unread = notRead(dump, text, configFile)
  if (unread !== undefined || shape.server === undefined) return unread
  const installation = readable(dump)
  // What cannot be read here, Nginx reads all the same.
  if (installation === undefined) return undefined
  const marker = markerPath(shape.upstream)
  const isOurs = ({ body = [] }: ConfigNode): boolean =>
    body.some(({ name, args }) => name === 'location' && args.includes(marker))
  return shadowedBy(installation.nodes, shape.server, isOurs)
}

/** Undefined for a configuration with parts that are not Nginx's own language, such as Lua. */
export function readable(dump: string): Installation | undefined {
  try {
    return installationFrom(dump)
  } catch {
    return undefined
  }
}
