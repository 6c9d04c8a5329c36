/**
 * libvirt's flag bits under their own names, to be combined with `|`.
 *
 * @see https://libvirt.org/html/index.html
 */
export const flags: {
  /** Of `connectListAllDomains`; 0 is all. */
  readonly listDomains: {
    readonly active: 1
    readonly inactive: 2
    readonly persistent: 4
    readonly transient: 8
  }
  /** Of `domainCreateWithFlags` and `domainCreateXml`. */
  readonly domainCreate: {
    readonly paused: 1
    /** Destroyed when this connection ends. */
    readonly autoDestroy: 2
    readonly bypassCache: 4
    /** Throws a managed save away. */
    readonly forceBoot: 8
    readonly validate: 16
  }
  readonly domainDefine: { readonly validate: 1 }
  readonly domainShutdown: { readonly acpi: 1; readonly agent: 2; readonly signal: 8 }
  /** `graceful` sends SIGTERM, and never SIGKILL. */
  readonly domainDestroy: { readonly graceful: 1 }
  readonly domainUndefine: {
    readonly managedSave: 1
    readonly snapshotsMetadata: 2
    readonly nvram: 4
    readonly keepNvram: 8
    readonly checkpointsMetadata: 16
    readonly tpm: 32
  }
  readonly domainSave: { readonly bypassCache: 1; readonly running: 2; readonly paused: 4 }
  readonly domainXml: { readonly secure: 1; readonly inactive: 2 }
  /** Of metadata and network updates. */
  readonly affect: { readonly current: 0; readonly live: 1; readonly config: 2 }
} = {
  listDomains: { active: 1, inactive: 2, persistent: 4, transient: 8 },
  domainCreate: { paused: 1, autoDestroy: 2, bypassCache: 4, forceBoot: 8, validate: 16 },
  domainDefine: { validate: 1 },
  domainShutdown: { acpi: 1, agent: 2, signal: 8 },
  domainDestroy: { graceful: 1 },
  domainUndefine: {
    managedSave: 1,
    snapshotsMetadata: 2,
    nvram: 4,
    keepNvram: 8,
    checkpointsMetadata: 16,
    tpm: 32,
  },
  domainSave: { bypassCache: 1, running: 2, paused: 4 },
  domainXml: { secure: 1, inactive: 2 },
  affect: { current: 0, live: 1, config: 2 },
}
