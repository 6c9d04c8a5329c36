import { posix } from 'node:path'
import { tokensOf } from './tokens.js'

/** One directive, with the block that it opens, if it does. */
export interface ConfigNode {
  readonly name: string
  readonly args: readonly string[]
  readonly body?: readonly ConfigNode[] | undefined
  /** The file that it stands in; undefined where one text alone was read. */
  readonly file?: string | undefined
}

/**
 * The directives of one text.
 *
 * @throws Error when its blocks do not close
 */
export function parseConfig(text: string): readonly ConfigNode[] {
  const open: { readonly words: readonly string[]; readonly body: ConfigNode[] }[] = [{ words: [], body: [] }]
  let words: string[] = []
  const add = (node: ConfigNode): void => void open.at(-1)?.body.push(node)
  for (const token of tokensOf(text)) {
    switch (token.kind) {
      case 'word':
        words.push(token.text)
        break
      case '{':
        open.push({ words, body: [] })
        words = []
        break
      case ';':
        if (words.length > 0) add(nodeOf(words))
        words = []
        break
      case '}': {
        const block = open.pop()
        if (block === undefined || open.length === 0 || words.length > 0) throw new Error('unexpected "}"')
        add({ ...nodeOf(block.words), body: block.body })
      }
    }
  }
  const [top, ...unclosed] = open
  if (top === undefined || unclosed.length > 0 || words.length > 0)
    throw new Error('the configuration is cut off')
  return top.body
}

/**
 * The whole configuration out of what `nginx -T` prints, with every `include` replaced by the files it names.
 *
 * @throws Error when it cannot be read
 */
export function parseDump(dump: string): readonly ConfigNode[] {
  // Text before the first heading is the verdict of the test, where both were printed to one place.
  const [, ...parts] = dump.split(/^# configuration file (.+):$/m)
  const files = new Map<string, string>()
  for (let at = 0; at + 1 < parts.length; at += 2) files.set(parts[at] ?? '', parts[at + 1] ?? '')
  const [main] = files.keys()
  if (main === undefined) throw new Error('nginx -T printed no configuration')
  return expand(main, files, posix.dirname(main), 0)
}

/** Deeper than this, files include each other in a circle. */
const deepestInclude = 20

function expand(
  file: string,
  files: ReadonlyMap<string, string>,
  directory: string,
  depth: number,
): readonly ConfigNode[] {
  const inside = (nodes: readonly ConfigNode[]): readonly ConfigNode[] =>
    nodes.flatMap((node): readonly ConfigNode[] => {
      if (node.name === 'include' && depth < deepestInclude) {
        const names = matching(posix.resolve(directory, node.args[0] ?? ''), [...files.keys()])
        return names.flatMap((name) => expand(name, files, directory, depth + 1))
      }
      const { body } = node
      return [body === undefined ? { ...node, file } : { ...node, file, body: inside(body) }]
    })
  return inside(parseConfig(files.get(file) ?? ''))
}

function matching(pattern: string, names: readonly string[]): readonly string[] {
  const source = pattern.replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
  const glob = new RegExp(`^${source.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`)
  return names.filter((name) => glob.test(name))
}

function nodeOf([name = '', ...args]: readonly string[]): ConfigNode {
  return { name, args }
}
