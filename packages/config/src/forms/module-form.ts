import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { isAbsolute, resolve } from 'node:path'
import * as v from 'valibot'

export interface ModuleForm {
  /** A path, which begins at the file's folder, or the name of a package. */
  readonly module: string
  /** Which of its exports; default `default`. */
  readonly export?: string | undefined
  /** What it is called with. */
  readonly options?: unknown
}

/** How something of your own is written where a file cannot say it: `{ module: ./my-policy.js, options: { … } }`. */
export const moduleSchema: v.GenericSchema<ModuleForm> = v.strictObject({
  module: v.pipe(v.string(), v.nonEmpty()),
  export: v.optional(v.pipe(v.string(), v.nonEmpty())),
  options: v.optional(v.unknown()),
})

/**
 * Loads what a module exports and, where it is no function that is wanted itself, calls it with the options.
 *
 * @param directory - where relative paths begin, and where packages are looked for first
 * @param isFunction - the function itself is wanted, not what it makes
 */
export async function loadModule(
  { module, export: name = 'default', options }: ModuleForm,
  directory: string,
  isFunction: boolean,
): Promise<unknown> {
  const loaded = (await import(addressOf(module, directory))) as Readonly<Record<string, unknown>>
  const found = loaded[name]
  if (found === undefined) throw new Error(`${module} exports no \`${name}\``)
  if (typeof found !== 'function' || isFunction) return found
  const make = found as (options: unknown) => unknown
  return make(options)
}

function addressOf(module: string, directory: string): string {
  if (module.startsWith('.') || isAbsolute(module)) return pathToFileURL(resolve(directory, module)).href
  try {
    // A package stands beside the file; else beside this one.
    return pathToFileURL(createRequire(resolve(directory, 'flotilla.yaml')).resolve(module)).href
  } catch {
    return module
  }
}
