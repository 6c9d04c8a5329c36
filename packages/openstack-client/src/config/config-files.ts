import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { FAILSAFE_SCHEMA, loadAll, mergeTag, nullCoreTag, YAMLException } from 'js-yaml'
import { OpenStackError } from '../openstack-error.js'
import { isRawCloud, mergeClouds, withSnakeCaseNames, type RawCloud } from './raw-cloud.js'

/** Variables by name, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the files say. */
export interface ConfigFiles {
  /** clouds.yaml merged with secure.yaml, by cloud. */
  readonly clouds: Readonly<Record<string, RawCloud>>
  /** clouds-public.yaml, by profile. */
  readonly profiles: Readonly<Record<string, RawCloud>>
  /** Files that were read, for messages. */
  readonly read: readonly string[]
  /** Folders that were searched for clouds.yaml, for messages. */
  readonly looked: readonly string[]
}

const suffixes = ['.yaml', '.yml', '.json'] as const

/** Folders that hold clouds.yaml, the first found wins: here, the user's, the system's. */
export function searchPath(environment: Environment, cwd: string): readonly string[] {
  // Within a snap, HOME is the snap's own.
  const home = environment['SNAP_REAL_HOME'] ?? environment['HOME'] ?? homedir()
  const config = environment['XDG_CONFIG_HOME']
  return [
    cwd,
    ...(config === undefined || config === '' ? [] : [join(config, 'openstack')]),
    join(home, '.config', 'openstack'),
    '/etc/openstack',
  ]
}

/**
 * Reads clouds.yaml, secure.yaml and clouds-public.yaml, each from the first folder that has it.
 * `OS_CLIENT_CONFIG_FILE` and `OS_CLIENT_SECURE_FILE` come before the folders.
 *
 * @throws OpenStackError `invalid-options` for a file that cannot be read or is not YAML; its text is not repeated
 */
export function readConfigFiles(environment: Environment, folders: readonly string[]): ConfigFiles {
  const named = environment['OS_CLIENT_CONFIG_FILE']
  if (named !== undefined && named !== '' && !existsSync(named)) {
    throw new OpenStackError(
      'invalid-options',
      `connect: OS_CLIENT_CONFIG_FILE names ${named}, which is not there`,
    )
  }
  const clouds = firstOf('clouds', named, folders)
  const secure = firstOf('secure', environment['OS_CLIENT_SECURE_FILE'], folders)
  const open = firstOf('clouds-public', undefined, folders)
  if (clouds !== undefined && !('clouds' in clouds.content) && Object.keys(clouds.content).length > 0) {
    throw new OpenStackError(
      'invalid-options',
      `connect: ${clouds.path} has no "clouds": what it says of clouds must stand below that`,
    )
  }
  return {
    clouds: byName(mergeClouds(section(clouds, 'clouds'), section(secure, 'clouds'))),
    profiles: byName(section(open, 'public-clouds')),
    read: [clouds, secure, open].filter((file) => file !== undefined).map(({ path }) => path),
    looked: folders,
  }
}

interface ReadFile {
  readonly path: string
  readonly content: RawCloud
}

function firstOf(name: string, named: string | undefined, folders: readonly string[]): ReadFile | undefined {
  const places = folders.flatMap((folder) => suffixes.map((suffix) => join(folder, `${name}${suffix}`)))
  const path = [...(named === undefined || named === '' ? [] : [named]), ...places].find((file) =>
    existsSync(file),
  )
  return path === undefined ? undefined : { path, content: readYaml(path) }
}

/** Values are text, so that a password of 0123 is no number; `~` and `null` are empty. `<<` merges, as in openstacksdk. */
const schema = FAILSAFE_SCHEMA.withTags(mergeTag, nullCoreTag)

function readYaml(path: string): RawCloud {
  let documents: readonly unknown[]
  try {
    // JSON is YAML too.
    documents = loadAll(readFileSync(path, 'utf8'), { schema })
  } catch (error) {
    // The parser's message may quote the file with its passwords.
    throw new OpenStackError('invalid-options', `connect: ${path} cannot be read as YAML${placeOf(error)}`)
  }
  const [content = {}] = documents
  if (documents.length > 1) {
    throw new OpenStackError('invalid-options', `connect: ${path} must be one YAML document`)
  }
  if (content === null || content === '') return {}
  if (isRawCloud(content)) return content
  throw new OpenStackError('invalid-options', `connect: ${path} must be a mapping that has "clouds"`)
}

function placeOf(error: unknown): string {
  if (error instanceof YAMLException) return error.mark === undefined ? '' : ` (line ${error.mark.line + 1})`
  return error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
}

function section(file: ReadFile | undefined, key: string): RawCloud {
  const value = file?.content[key] ?? {}
  if (isRawCloud(value)) return value
  throw new OpenStackError('invalid-options', `connect: "${key}" in ${file?.path} must be a mapping`)
}

const byName = (clouds: RawCloud): Record<string, RawCloud> =>
  Object.fromEntries(
    Object.entries(clouds).map(([name, cloud]) => [name, isRawCloud(cloud) ? withSnakeCaseNames(cloud) : {}]),
  )
