import { OpenStackError } from '../openstack-error.js'
import type { ConfigFiles, Environment } from './config-files.js'
import { cloudOfVariables } from './os-variables.js'
import { isRawCloud, mergeClouds, textOf, withSnakeCaseNames, type RawCloud } from './raw-cloud.js'

/** The chosen cloud, merged from its sources. */
export interface ChosenCloud {
  readonly name: string
  readonly raw: RawCloud
}

/** How the cloud is chosen. */
export interface CloudChoice {
  /** Said in code. */
  readonly cloud?: string | undefined
  /** Said in code. */
  readonly region?: string | undefined
}

/**
 * Chooses the cloud named by the options, else by `OS_CLOUD`, else the one that `OS_*` variables describe,
 * else the only one in clouds.yaml.
 *
 * @throws OpenStackError `invalid-options` when no cloud is named, or none has the name
 */
export function chooseCloud(choice: CloudChoice, environment: Environment, files: ConfigFiles): ChosenCloud {
  const ofVariables = cloudOfVariables(environment)
  const nameOfVariables = environment['OS_CLOUD_NAME'] || 'envvars'
  const name = choice.cloud ?? (environment['OS_CLOUD'] || undefined)
  if (name === undefined || (name === nameOfVariables && files.clouds[name] === undefined)) {
    if (ofVariables !== undefined) {
      const profile = profileOf(nameOfVariables, { profile: ofVariables['profile'] }, files)
      return { name: nameOfVariables, raw: mergeClouds(profile, ofVariables) }
    }
  }
  const known = Object.keys(files.clouds)
  const chosen = name ?? (known.length === 1 ? known[0] : undefined)
  if (chosen === undefined) throw noCloud(known, files)
  const raw = files.clouds[chosen]
  if (raw === undefined) throw unknownCloud(chosen, known, files)
  const whole = mergeClouds(profileOf(chosen, raw, files), raw)
  return {
    name: chosen,
    raw: withRegion(chosen, whole, choice.region ?? (environment['OS_REGION_NAME'] || undefined)),
  }
}

function profileOf(name: string, raw: RawCloud, { profiles }: ConfigFiles): RawCloud {
  // `cloud` is the older word for it.
  const profile = textOf(raw['profile'] ?? raw['cloud'])
  if (profile === undefined) return {}
  const found = profiles[profile]
  if (found !== undefined) return found
  throw new OpenStackError(
    'invalid-options',
    `connect: cloud ${name} has the profile ${profile}, which no clouds-public.yaml describes`,
  )
}

/** Picks the region, and merges its entry under `regions` into the cloud. */
function withRegion(name: string, raw: RawCloud, wanted: string | undefined): RawCloud {
  const regions = regionsOf(raw)
  const region = wanted === undefined ? regions[0] : regions.find((entry) => entry.name === wanted)
  if (region === undefined) {
    if (wanted === undefined || regions.length === 0 || raw['regions'] === undefined) {
      return wanted === undefined ? raw : { ...raw, region_name: wanted }
    }
    const names = regions.map((entry) => entry.name).join(', ')
    throw new OpenStackError(
      'invalid-options',
      `connect: cloud ${name} has no region ${wanted}; it has ${names}`,
    )
  }
  return { ...mergeClouds(raw, region.values), region_name: region.name }
}

function regionsOf(raw: RawCloud): readonly { readonly name: string; readonly values: RawCloud }[] {
  const { regions, region_name: regionName } = raw
  if (Array.isArray(regions)) {
    return regions.map((entry: unknown) => {
      if (!isRawCloud(entry)) return { name: textOf(entry) ?? '', values: {} }
      const values = entry['values']
      return {
        name: textOf(entry['name']) ?? '',
        values: isRawCloud(values) ? withSnakeCaseNames(values) : {},
      }
    })
  }
  return typeof regionName === 'string' && regionName !== '' ? [{ name: regionName, values: {} }] : []
}

function noCloud(known: readonly string[], files: ConfigFiles): OpenStackError {
  const ways = 'name one (cloud, or OS_CLOUD), set OS_AUTH_URL and its like, or give auth'
  const seen =
    known.length === 0
      ? `no clouds.yaml in ${files.looked.join(', ')}`
      : `${files.read[0]} has several: ${known.join(', ')}`
  return new OpenStackError('invalid-options', `connect: which cloud? ${seen}; ${ways}`)
}

function unknownCloud(name: string, known: readonly string[], files: ConfigFiles): OpenStackError {
  const seen =
    files.read.length === 0
      ? `there is no clouds.yaml in ${files.looked.join(', ')}`
      : `${files.read[0]} has ${known.join(', ') || 'none'}`
  return new OpenStackError('invalid-options', `connect: no cloud named ${name}: ${seen}`)
}
