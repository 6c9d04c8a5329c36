import { describe, expect, it } from 'vitest'
import type { Form } from '@flotilla/core/authoring'
import { installedCatalog, providers } from '../../src/forms/catalog.js'

const formsOf = async (provider: string): Promise<readonly Form[]> =>
  ((await import(`${provider}/forms`)) as { readonly forms: readonly Form[] }).forms

/** A package is loaded from its sources. */
const loading = { timeout: 120_000 }

describe('the catalog', () => {
  it.each(Object.keys(providers))('names what %s has, and nothing else', loading, async (provider) => {
    const forms = await formsOf(provider)
    expect(Object.fromEntries(forms.map(({ name, makes }) => [name, makes]))).toEqual(providers[provider])
  })

  it('has every function of these packages that is given options', loading, async () => {
    const names = new Set((await installedCatalog().all()).map(({ name }) => name))
    for (const provider of Object.keys(providers)) {
      const exported = (await import(provider)) as Readonly<Record<string, unknown>>
      const functions = Object.keys(exported).filter(
        (name) => typeof exported[name] === 'function' && /^[a-z]/.test(name) && !helpers.has(name),
      )
      expect(functions.filter((name) => !names.has(name))).toEqual([])
    }
  })

  it('says of a package that is not there which it is', async () => {
    const missing = Object.assign(new Error("Cannot find package '@flotilla/backend-kvm'"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    const catalog = installedCatalog(() => Promise.reject(missing))
    expect(await catalog.find('a backend', 'kvm')).toEqual({
      kind: 'not-installed',
      package: '@flotilla/backend-kvm',
    })
    expect(await catalog.find('a backend', 'nobody')).toEqual({ kind: 'unknown' })
    expect(await catalog.find('a policy', 'fixed')).toMatchObject({ kind: 'found' })
  })

  it('passes on that a package is broken', async () => {
    const broken = new Error('Unexpected token')
    const catalog = installedCatalog(() => Promise.reject(broken))
    await expect(catalog.find('a backend', 'kvm')).rejects.toBe(broken)
  })
})

/** What a program calls, and no file has a place for. */
const helpers = new Set(['commandsVia', 'setupFiles'])
