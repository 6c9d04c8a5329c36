import type { Probe } from '@flotilla/core'
import { warmPoolBootMs } from '@flotilla/core/authoring'
import { checkKvmOptions } from './options/check-kvm-options.js'
import type {
  AddressOption,
  CloudInitOption,
  GoldenOption,
  KvmOptions,
  NetworkOption,
  WarmPoolKind,
  WarmPoolOption,
} from './options/kvm-options.js'

const defaults = {
  uri: 'qemu:///system',
  timeoutMs: 30_000,
  domainType: 'kvm',
  vcpus: 1,
  memoryMib: 512,
  networks: ['default'],
  address: 'lease',
  firmware: 'bios',
  shutdownMs: 10_000,
  scope: 'flotilla',
  parallel: 8,
  memoryEveryMs: 10_000,
  sharedStorage: true,
  orphanAfterMs: 600_000,
  launchGraceMs: 30_000,
  warmKind: 'paused',
  bootTimeoutMs: warmPoolBootMs,
  warmLeaseMaxAgeMs: 1_800_000,
  warmMaxAgeMs: 86_400_000,
  strategy: 'spread',
  clonesInFlight: 4,
  reserveMemoryMib: 256,
} as const

/** Where the files of machines are made. */
export type Storage =
  | { readonly kind: 'pool'; readonly pool: string }
  | { readonly kind: 'directory'; readonly directory: string }

/** The template: all that makes an instance what it is. */
export interface Template {
  readonly golden: GoldenOption
  readonly storage: Storage
  readonly domainType: 'kvm' | 'qemu'
  readonly vcpus: number
  readonly memoryMib: number
  readonly networks: readonly NetworkOption[]
  readonly port: number | undefined
  readonly address: AddressOption
  readonly diskSizesMib: readonly number[]
  readonly cloudInit: CloudInitOption | undefined
  readonly consoleLog: boolean
  readonly agent: boolean
  readonly firmware: 'bios' | 'efi'
  readonly machine: string | undefined
  /** The hook's own text stands for it in the hash. */
  readonly xml: string | undefined
}

export interface WarmSettings {
  readonly size: number
  readonly kind: WarmPoolKind
  readonly ready: Probe | undefined
  readonly bootTimeoutMs: number
  readonly maxAgeMs: number
  readonly onProblem: WarmPoolOption['onProblem']
}

/** The options with every default filled in. */
export interface Settings {
  readonly template: Template
  readonly uris: readonly string[]
  readonly connect: KvmOptions['connect']
  readonly timeoutMs: number
  readonly xmlHook: KvmOptions['xml']
  readonly shutdownMs: number
  readonly warm: WarmSettings
  readonly placement: {
    readonly strategy: 'spread' | 'pack'
    readonly clonesInFlight: number
    readonly reserveMemoryMib: number
  }
  readonly scope: string
  readonly parallel: number
  readonly memoryEveryMs: number
  readonly sharedStorage: boolean
  readonly orphanAfterMs: number
  readonly launchGraceMs: number
}

/** @throws FlotillaError `invalid-options` */
export function readOptions(options: KvmOptions): Settings {
  const given = checkKvmOptions(options)
  const address = given.address ?? defaults.address
  return {
    template: {
      golden: given.golden,
      storage: storageOf(given),
      domainType: given.domainType ?? defaults.domainType,
      vcpus: given.vcpus ?? defaults.vcpus,
      memoryMib: given.memoryMib ?? defaults.memoryMib,
      networks: given.networks ?? defaults.networks,
      port: given.port,
      address,
      diskSizesMib: (given.disks ?? []).map(({ sizeMib }) => sizeMib),
      cloudInit: given.cloudInit,
      consoleLog: given.consoleLog ?? false,
      agent: given.agent ?? address === 'agent',
      firmware: given.firmware ?? defaults.firmware,
      machine: given.machine,
      xml: given.xml === undefined ? undefined : String(given.xml),
    },
    uris: given.uris ?? [given.uri ?? defaults.uri],
    connect: given.connect,
    timeoutMs: given.timeoutMs ?? defaults.timeoutMs,
    xmlHook: given.xml,
    shutdownMs: given.shutdownMs ?? defaults.shutdownMs,
    warm: {
      size: given.warmPool?.size ?? 0,
      kind: given.warmPool?.kind ?? defaults.warmKind,
      ready: given.warmPool?.ready,
      onProblem: given.warmPool?.onProblem,
      bootTimeoutMs: given.warmPool?.bootTimeoutMs ?? defaults.bootTimeoutMs,
      maxAgeMs:
        given.warmPool?.maxAgeMs ??
        (address === 'lease' ? defaults.warmLeaseMaxAgeMs : defaults.warmMaxAgeMs),
    },
    placement: {
      strategy: given.placement?.strategy ?? defaults.strategy,
      clonesInFlight: given.placement?.clonesInFlight ?? defaults.clonesInFlight,
      reserveMemoryMib: given.placement?.reserveMemoryMib ?? defaults.reserveMemoryMib,
    },
    scope: given.scope ?? defaults.scope,
    parallel: given.parallel ?? defaults.parallel,
    memoryEveryMs: given.memoryEveryMs ?? defaults.memoryEveryMs,
    sharedStorage: given.sharedStorage ?? defaults.sharedStorage,
    orphanAfterMs: given.orphanAfterMs ?? defaults.orphanAfterMs,
    launchGraceMs: given.launchGraceMs ?? defaults.launchGraceMs,
  }
}

function storageOf({ golden, pool, directory }: KvmOptions): Storage {
  if (directory !== undefined) return { kind: 'directory', directory }
  return { kind: 'pool', pool: pool ?? ('pool' in golden ? golden.pool : '') }
}
