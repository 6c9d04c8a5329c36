import { forms as coreForms } from '@flotilla/core/forms'
import type { Contract, Form } from '@flotilla/core/authoring'

/** The packages that stand beside core, and what each makes: only those that a file names are loaded. */
export const providers: Readonly<Record<string, Readonly<Record<string, Contract>>>> = {
  '@flotilla/backend-process': { processes: 'a backend' },
  '@flotilla/backend-docker': { docker: 'a backend', dockerEngine: 'a connection' },
  '@flotilla/backend-swarm': { swarmService: 'a backend', dockerEngine: 'a connection' },
  '@flotilla/backend-kvm': {
    kvm: 'a backend',
    kvmHost: 'a connection',
    hypervisorMetrics: 'a metric source',
  },
  '@flotilla/backend-openstack': {
    openstack: 'a backend',
    openstackCloud: 'a connection',
    octavia: 'a balancer',
    projectLimits: 'a metric source',
  },
  '@flotilla/balancer-nginx': { nginx: 'a balancer' },
  '@flotilla/balancer-proxy': { proxy: 'a balancer' },
}

/** What a name in a file stands for. */
export type FoundForm =
  | { readonly kind: 'found'; readonly form: Form }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-installed'; readonly package: string }

export interface Catalog {
  /** Every form that there is here. */
  all(): Promise<readonly Form[]>
  /** The form of a function, loaded with its package. */
  find(contract: Contract, name: string): Promise<FoundForm>
  /** The names of all functions that make this. */
  names(contract: Contract): readonly string[]
}

/** The catalog of the packages that are installed. */
export function installedCatalog(load: (specifier: string) => Promise<unknown> = importModule): Catalog {
  const providersOf = (contract: Contract, name: string): readonly string[] =>
    Object.keys(providers).filter((provider) => providers[provider]?.[name] === contract)
  /** None where it is not installed. */
  const formsOf = async (provider: string): Promise<readonly Form[]> => {
    try {
      return ((await load(`${provider}/forms`)) as { readonly forms: readonly Form[] }).forms
    } catch (error) {
      if (isNotInstalled(error, provider)) return []
      throw error
    }
  }
  return {
    async find(contract, name) {
      const form = formOf(coreForms, contract, name)
      if (form !== undefined) return { kind: 'found', form }
      const [provider, ...others] = providersOf(contract, name)
      if (provider === undefined) return { kind: 'unknown' }
      for (const one of [provider, ...others]) {
        const found = formOf(await formsOf(one), contract, name)
        if (found !== undefined) return { kind: 'found', form: found }
      }
      return { kind: 'not-installed', package: provider }
    },
    async all() {
      const others = await Promise.all(Object.keys(providers).map(formsOf))
      const all = [...coreForms, ...others.flat()]
      return all.filter((form, index) => all.findIndex(({ name }) => name === form.name) === index)
    },
    names(contract) {
      const ofCore = coreForms.filter(({ makes }) => makes === contract).map(({ name }) => name)
      const others = Object.values(providers).flatMap((made) =>
        Object.keys(made).filter((name) => made[name] === contract),
      )
      return [...new Set([...ofCore, ...others])]
    },
  }
}

const formOf = (forms: readonly Form[], contract: Contract, name: string): Form | undefined =>
  forms.find((form) => form.makes === contract && form.name === name)

const importModule = (specifier: string): Promise<unknown> => import(specifier)

/** It is the package itself that is not there, and not one that it needs. */
function isNotInstalled(error: unknown, provider: string): boolean {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  return isMissing && error.message.includes(provider)
}
