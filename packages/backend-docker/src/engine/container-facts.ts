import type {
  ContainerDetails,
  ContainerHealth,
  ContainerState,
  ContainerSummary,
  Networks,
} from '@flotilla/docker-engine'
import { readLabel, type Label } from '../labels.js'

/** What is known of one container, whichever call it was told by. */
export interface ContainerFacts {
  readonly id: string
  readonly name: string
  readonly label: Label | undefined
  /** Empty where the engine does not tell. */
  readonly imageId: string
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
  /** What its HEALTHCHECK says; undefined without one. */
  readonly health: Health | undefined
  readonly restartCount: number
  readonly networks: Networks
  /** Its ports on the engine's host. */
  readonly published: readonly {
    readonly containerPort: number
    readonly host: string
    readonly port: number
  }[]
}

export interface Health {
  readonly state: 'starting' | 'healthy' | 'unhealthy'
  /** How its last check ended, when it was looked at by itself. */
  readonly last?: { readonly exitCode: number; readonly output: string } | undefined
}

export function factsOfSummary(summary: ContainerSummary): ContainerFacts {
  const { Id, Labels, Created, State, Status, Ports, NetworkSettings, ImageID = '' } = summary
  return {
    id: Id,
    name: nameOf(summary),
    label: readLabel(Labels),
    imageId: ImageID,
    createdAt: Created * 1000,
    state: State,
    statusText: Status,
    details: undefined,
    health: healthInText(Status),
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
  const { Id, Name, Config, Created, State, RestartCount, NetworkSettings, Image = '' } = details
  return {
    id: Id,
    name: withoutSlash(Name),
    label: readLabel(Config.Labels),
    imageId: Image,
    // A list tells whole seconds; an instance was made at one moment, whoever tells of it.
    createdAt: Math.floor(Date.parse(Created) / 1000) * 1000,
    state: State.Status,
    statusText: undefined,
    details: State,
    health: healthOf(State.Health),
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

/** `Up 3 minutes (unhealthy)`, `Up 2 seconds (health: starting)`; Podman says `(starting)`. */
function healthInText(status: string): Health | undefined {
  const [, state] = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status) ?? []
  return isHealthState(state) ? { state } : undefined
}

function healthOf(health: ContainerHealth | null | undefined): Health | undefined {
  const state = health?.Status
  if (!isHealthState(state)) return undefined
  const last = health?.Log?.at(-1)
  return last === undefined ? { state } : { state, last: { exitCode: last.ExitCode, output: last.Output } }
}

const isHealthState = (state: string | undefined): state is Health['state'] =>
  state === 'starting' || state === 'healthy' || state === 'unhealthy'

export const nameOf = ({ Names, Id }: Pick<ContainerSummary, 'Names' | 'Id'>): string =>
  withoutSlash(Names[0] ?? Id)

const withoutSlash = (name: string): string => name.replace(/^\//, '')
