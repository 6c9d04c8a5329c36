import type { ContainerDetails, ContainerState, ContainerSummary, Networks } from './docker-api.js'
import { readLabel, type Label } from './labels.js'

/** What is known of one container, whichever call it was told by. */
export interface ContainerFacts {
  readonly id: string
  readonly name: string
  readonly label: Label | undefined
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Docker's own word: `running`, `exited`. */
  readonly state: string
  /** In words; a list's only. */
  readonly statusText: string | undefined
  /** Of a container that was looked at by itself. */
  readonly details:
    | Pick<ContainerState, 'ExitCode' | 'OOMKilled' | 'Error' | 'StartedAt' | 'FinishedAt'>
    | undefined
  readonly restartCount: number
  readonly networks: Networks
  /** Its ports on the engine's host. */
  readonly published: readonly {
    readonly containerPort: number
    readonly host: string
    readonly port: number
  }[]
}

export function factsOfSummary(summary: ContainerSummary): ContainerFacts {
  const { Id, Names, Labels, Created, State, Status, Ports, NetworkSettings } = summary
  return {
    id: Id,
    name: withoutSlash(Names[0] ?? Id),
    label: readLabel(Labels),
    createdAt: Created * 1000,
    state: State,
    statusText: Status,
    details: undefined,
    restartCount: 0,
    networks: NetworkSettings?.Networks ?? {},
    published: (Ports ?? []).flatMap(({ IP, PrivatePort, PublicPort, Type }) =>
      Type === 'tcp' && PublicPort !== undefined
        ? [{ containerPort: PrivatePort, host: IP ?? '', port: PublicPort }]
        : [],
    ),
  }
}

export function factsOfDetails(details: ContainerDetails): ContainerFacts {
  const { Id, Name, Config, Created, State, RestartCount, NetworkSettings } = details
  return {
    id: Id,
    name: withoutSlash(Name),
    label: readLabel(Config.Labels),
    // A list tells whole seconds; an instance was made at one moment, whoever tells of it.
    createdAt: Math.floor(Date.parse(Created) / 1000) * 1000,
    state: State.Status,
    statusText: undefined,
    details: State,
    restartCount: RestartCount,
    networks: NetworkSettings.Networks ?? {},
    published: Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bindings]) =>
      (bindings ?? []).flatMap(({ HostIp, HostPort }) =>
        port.endsWith('/tcp')
          ? [{ containerPort: Number.parseInt(port, 10), host: HostIp, port: Number(HostPort) }]
          : [],
      ),
    ),
  }
}

const withoutSlash = (name: string): string => name.replace(/^\//, '')
