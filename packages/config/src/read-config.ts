import { dirname } from 'node:path'
import type { AutoscalerOptions, Backend } from '@flotilla/core'
import { installedCatalog } from './forms/catalog.js'
import { readGroup } from './groups/read-group.js'
import type { TellOf } from './groups/group-entries.js'
import type { MakeContext } from './make/make-context.js'
import { make } from './make/make.js'
import { ConfigError, type ConfigProblem } from './problem.js'
import { References } from './references.js'
import { readSources } from './source/find-files.js'
import { readSections } from './source/sections.js'
import { Source } from './source/source.js'

/** Options of `readConfig()` and `readConfigText()`. */
export interface ReadConfigOptions {
  /** What `${NAME}` stands for; by default the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** One group as a file describes it. */
export interface GroupConfig {
  /** All that `new Autoscaler` needs; a clock, a logger and the like may be added. */
  readonly options: AutoscalerOptions
  readonly file: string
  /** Where the file begins to describe it, from 1. */
  readonly line: number
}

/** What a file, or all files of a folder, say. */
export interface Config {
  /** By name, in the order of the files. */
  readonly groups: ReadonlyMap<string, GroupConfig>
  /** What `connections` describes, by name: a Docker engine, a hypervisor, a cloud. */
  readonly connections: ReadonlyMap<string, unknown>
  readonly files: readonly string[]
}

/**
 * Reads a configuration file, or every `.yaml` and `.yml` of a folder, and makes the groups that it describes. Nothing is
 * started and nobody is asked: that something cannot be reached is told by the group itself, later.
 *
 * @param path - of a file or a folder
 * @throws ConfigError with all that is wrong in the files, each with its line
 * @throws FlotillaError `not-found` when it cannot be read, `invalid-options` when the folder has no such file
 */
export async function readConfig(path: string, options: ReadConfigOptions = {}): Promise<Config> {
  return configOf(await readSources(path), options)
}

/**
 * The same of a text.
 *
 * @param file - what errors call it, and where paths of modules begin
 * @throws ConfigError
 */
export async function readConfigText(
  text: string,
  { file = 'flotilla.yaml', ...options }: ReadConfigOptions & { readonly file?: string | undefined } = {},
): Promise<Config> {
  return configOf([new Source(file, text)], options)
}

async function configOf(
  sources: readonly Source[],
  { env = process.env }: ReadConfigOptions,
): Promise<Config> {
  const problems: ConfigProblem[] = []
  const references = new References(env)
  const tell: TellOf = (source, at, path, message) => {
    const field = path.join('.')
    problems.push(source.problem(at, field, `${field} ${references.hide(message)}`))
  }
  const sections = readSections(sources, (problem) => problems.push(problem))
  const shared = new Map(sections.shared.map((one) => [one.name, one]))
  const connections = new Map<string, unknown>()
  const catalog = installedCatalog()
  const count = (): number => problems.length
  const contextOf = (source: Source, backend: Backend | undefined): MakeContext => {
    const context: MakeContext = {
      source,
      references,
      catalog,
      connections,
      count,
      directory: dirname(source.file),
      form: { backend },
      tell: (at, path, message) => tell(source, at, path, message),
      make: (contract, node, path) => make(contract, node, path, context),
    }
    return context
  }

  for (const { source, name, key, value } of sections.connections) {
    const node = value ?? key
    if (node === undefined) continue
    const made = await make('a connection', node, ['connections', name], contextOf(source, undefined))
    connections.set(name, made)
  }
  const groups = new Map<string, GroupConfig>()
  for (const group of sections.groups) {
    const options = await readGroup(group, { shared, tell, count, contextOf })
    if (options !== undefined) groups.set(group.name, { options, ...group.source.placeOf(group.key) })
  }
  const [first] = sources
  if (problems.length === 0 && groups.size === 0 && first !== undefined) {
    problems.push(first.problem(undefined, 'groups', 'groups must have at least one group'))
  }
  if (problems.length > 0) throw new ConfigError(inOrder(problems, sources))
  return { groups, connections, files: sources.map(({ file }) => file) }
}

function inOrder(problems: readonly ConfigProblem[], sources: readonly Source[]): readonly ConfigProblem[] {
  const files = sources.map(({ file }) => file)
  return problems.toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column,
  )
}
