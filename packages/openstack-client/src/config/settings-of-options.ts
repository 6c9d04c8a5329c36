import { snakeCase } from '../resources/snake-case.js'
import { chooseCloud } from './choose-cloud.js'
import { readConfigFiles, searchPath } from './config-files.js'
import type { AuthOptions, ConnectOptions } from './connect-options.js'
import { readSettings } from './read-settings.js'
import type { CloudSettings } from './settings.js'

/** The settings of the chosen cloud. Options override files and variables. */
export function settingsOf(options: ConnectOptions): CloudSettings {
  const found = options.auth === undefined ? fromOutside(options) : readSettings(fromCode(options.auth))
  const { region, caFile, certFile, keyFile, insecure } = options
  return {
    ...found,
    region: region ?? found.region,
    interfaces: options.interface === undefined ? found.interfaces : [options.interface].flat(),
    interfacesOf: options.interface === undefined ? found.interfacesOf : new Map(),
    regionsOf: region === undefined ? found.regionsOf : new Map(),
    endpoints: new Map([...found.endpoints, ...dashed(options.endpoints)]),
    microversions: new Map([...found.microversions, ...dashed(options.microversions)]),
    caFile: caFile ?? found.caFile,
    certFile: certFile ?? found.certFile,
    keyFile: keyFile ?? found.keyFile,
    insecure: insecure ?? found.insecure,
  }
}

function fromOutside(options: ConnectOptions): CloudSettings {
  const environment = options.environment ?? process.env
  const folders = options.searchPath ?? searchPath(environment, process.cwd())
  return readSettings(chooseCloud(options, environment, readConfigFiles(environment, folders)))
}

const fromCode = (auth: AuthOptions): { name: string; raw: Readonly<Record<string, unknown>> } => ({
  name: 'given in code',
  raw: { auth: Object.fromEntries(Object.entries(auth).map(([key, value]) => [snakeCase(key), value])) },
})

const dashed = (values: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] =>
  Object.entries(values).map(([type, value]) => [type.replaceAll('_', '-'), value])
