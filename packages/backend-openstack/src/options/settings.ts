import { tcpProbe, type Probe } from '@flotilla/core'
import { warmPoolBootMs } from '@flotilla/core/authoring'
import { checkOpenStackOptions } from './check-options.js'
import type {
  AddressChoice,
  BootVolume,
  NetworkCard,
  NewestImage,
  OpenStackOptions,
  WarmKind,
  WarmPoolOptions,
} from './options.js'

const defaults = {
  usage: 'none',
  checkQuota: true,
  pauseMs: 60_000,
  buildTimeoutMs: 600_000,
  terminateTimeoutMs: 180_000,
  lookTimeoutMs: 15_000,
  orphanAfterMs: 300_000,
  parallel: 8,
  warmKind: 'stopped',
} as const

/** What an instance is made of. A change of it changes the template's hash. */
export interface Template {
  readonly image: string | { readonly newest: NewestImage }
  readonly flavor: string
  readonly networks: readonly NetworkChoice[]
  /** Whether `networks` is an empty list: no network, not even the project's only one. */
  readonly hasNoNetwork: boolean
  readonly port: number | undefined
  readonly address: AddressChoice
  readonly floatingIpFrom: string | undefined
  readonly keyName: string | undefined
  readonly securityGroups: readonly string[]
  readonly userData: string | undefined
  readonly configDrive: boolean | undefined
  readonly serverGroup: string | undefined
  readonly bootVolume: BootVolume | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly tags: readonly string[]
  readonly description: string | undefined
  readonly schedulerHints: Readonly<Record<string, unknown>> | undefined
}

/** A network card, and whether we make its port. */
export interface NetworkChoice extends NetworkCard {
  readonly isOwnPort: boolean
}

export interface WarmPoolSettings {
  readonly size: number
  readonly kind: WarmKind
  readonly ready: Probe
  readonly bootTimeoutMs: number
  readonly onProblem: WarmPoolOptions['onProblem']
}

/** The options with every default filled in. */
export interface Settings {
  readonly template: Template
  readonly zones: readonly string[]
  readonly scope: string | undefined
  readonly usage: 'none' | 'diagnostics'
  readonly checkQuota: boolean
  readonly pauseMs: number
  readonly buildTimeoutMs: number
  readonly terminateTimeoutMs: number
  readonly lookTimeoutMs: number
  readonly orphanAfterMs: number
  readonly parallel: number
  readonly warmPool: WarmPoolSettings | undefined
}

/** @throws FlotillaError `invalid-options` */
export function readOptions(options: OpenStackOptions): Settings {
  const given = checkOpenStackOptions(options)
  const { warmPool } = given
  return {
    template: {
      image: given.image,
      flavor: given.flavor,
      networks: networkChoices(given),
      hasNoNetwork: given.networks?.length === 0,
      port: given.port,
      address: given.address ?? {},
      floatingIpFrom: given.floatingIpFrom,
      keyName: given.keyName,
      securityGroups: given.securityGroups ?? [],
      userData: given.userData === undefined ? undefined : base64(given.userData),
      configDrive: given.configDrive,
      serverGroup: given.serverGroup,
      bootVolume: given.bootVolume,
      metadata: given.metadata ?? {},
      tags: given.tags ?? [],
      description: given.description,
      schedulerHints: given.schedulerHints,
    },
    zones: given.zones ?? [],
    scope: given.scope,
    usage: given.usage ?? defaults.usage,
    checkQuota: given.checkQuota ?? defaults.checkQuota,
    pauseMs: given.pauseMs ?? defaults.pauseMs,
    buildTimeoutMs: given.buildTimeoutMs ?? defaults.buildTimeoutMs,
    terminateTimeoutMs: given.terminateTimeoutMs ?? defaults.terminateTimeoutMs,
    lookTimeoutMs: given.lookTimeoutMs ?? defaults.lookTimeoutMs,
    orphanAfterMs: given.orphanAfterMs ?? defaults.orphanAfterMs,
    parallel: given.parallel ?? defaults.parallel,
    warmPool:
      warmPool === undefined
        ? undefined
        : {
            size: warmPool.size,
            kind: warmPool.kind ?? defaults.warmKind,
            ready: warmPool.ready ?? tcpProbe(),
            bootTimeoutMs: warmPool.bootTimeoutMs ?? warmPoolBootMs,
            onProblem: warmPool.onProblem,
          },
  }
}

/** A floating address needs a port before the server exists: with one, we make the first card's port. */
function networkChoices({ networks = [], floatingIpFrom }: OpenStackOptions): readonly NetworkChoice[] {
  return networks.map((choice, index) => {
    const card = typeof choice === 'string' ? { network: choice } : choice
    const isOwnPort = typeof choice !== 'string' || (index === 0 && floatingIpFrom !== undefined)
    return { ...card, isOwnPort }
  })
}

const base64 = (data: string | Uint8Array): string => Buffer.from(data as Uint8Array).toString('base64')
