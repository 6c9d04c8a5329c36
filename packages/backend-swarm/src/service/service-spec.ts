import { labelPrefix, labels } from '@flotilla/docker-engine'
import type { Reservation } from '../options.js'
import type { ServiceTemplate, SwarmSettings } from '../options/settings.js'
import { serviceLabels, withTokens, type Token } from '../labels.js'
import type { ServiceSpec } from '../manager/swarm-api.js'

const nanosPerMs = 1e6

/** What a service should be. */
export interface Wanted {
  readonly name: string
  readonly group: string
  readonly tokens: readonly Token[]
  readonly templateHash: string | undefined
}

/** A service of this package's own making. */
export function newSpec(template: ServiceTemplate, settings: SwarmSettings, wanted: Wanted): ServiceSpec {
  return {
    Name: wanted.name,
    Labels: labelsOf({ ...settings.labels, [serviceLabels.made]: '1' }, settings, wanted),
    Mode: { Replicated: { Replicas: wanted.tokens.length } },
    ...templateFields(template, settings, wanted.templateHash),
  }
}

/**
 * The service as it is found, with other tokens.
 *
 * @param rolls - brings our template in: Swarm then replaces task after task
 * @param rolledBack - the template of ours that Swarm has taken back
 */
export function changedSpec(
  found: ServiceSpec,
  settings: SwarmSettings,
  {
    rolls,
    rolledBack,
    ...wanted
  }: Wanted & { readonly rolls: boolean; readonly rolledBack: string | undefined },
): ServiceSpec {
  const { template } = settings
  const { [serviceLabels.rolledBack]: _, ...others } = found.Labels ?? {}
  const marked = rolledBack === undefined ? others : { ...others, [serviceLabels.rolledBack]: rolledBack }
  return {
    ...found,
    Labels: labelsOf(marked, settings, {
      ...wanted,
      templateHash: rolls ? wanted.templateHash : found.Labels?.[labels.template],
    }),
    Mode: { Replicated: { Replicas: wanted.tokens.length } },
    ...(rolls && template !== undefined ? templateFields(template, settings, wanted.templateHash) : {}),
  }
}

/** The service without anything of ours: as its owner had it, but for its size. */
export function releasedSpec(found: ServiceSpec): ServiceSpec {
  const others = Object.entries(found.Labels ?? {}).filter(([name]) => !name.startsWith(labelPrefix))
  return { ...found, Labels: Object.fromEntries(others) }
}

function labelsOf(
  others: Readonly<Record<string, string>>,
  { scope }: SwarmSettings,
  { group, templateHash, tokens }: Wanted,
): Readonly<Record<string, string>> {
  const own = {
    ...others,
    [labels.group]: group,
    ...(scope === undefined ? {} : { [labels.scope]: scope }),
    ...(templateHash === undefined ? {} : { [labels.template]: templateHash }),
  }
  return withTokens(own, tokens)
}

function templateFields(
  template: ServiceTemplate,
  { update }: SwarmSettings,
  templateHash: string | undefined,
): Readonly<Record<string, unknown>> {
  const { port, address, endpointMode, cpus, memoryBytes, reserve, network, constraints, restart } = template
  return {
    TaskTemplate: {
      ContainerSpec: containerSpec(template, templateHash),
      Resources: {
        Limits: amounts({ cpus, memoryBytes }),
        ...(reserve === undefined ? {} : { Reservations: amounts(reserve) }),
      },
      RestartPolicy: { Condition: restart },
      ...(constraints.length === 0 ? {} : { Placement: { Constraints: constraints } }),
      ...(network === undefined ? {} : { Networks: [{ Target: network }] }),
    },
    UpdateConfig: {
      Parallelism: update.parallel,
      Order: update.order,
      Delay: update.delayMs * nanosPerMs,
      FailureAction: update.onFailure,
    },
    EndpointSpec: {
      Mode: endpointMode,
      // On its own node and not through the mesh, so that each task has an address.
      ...(address === 'published'
        ? { Ports: [{ Protocol: 'tcp', TargetPort: port, PublishMode: 'host' }] }
        : {}),
    },
  }
}

const amounts = ({ cpus, memoryBytes }: Reservation): object => ({
  NanoCPUs: cpus === undefined ? undefined : Math.round(cpus * 1e9),
  MemoryBytes: memoryBytes,
})

function containerSpec(template: ServiceTemplate, templateHash: string | undefined): object {
  const { image, command, entrypoint, env, init, stopSignal, graceMs, user, workingDir } = template
  return {
    Image: image,
    // What the Engine API calls a command is an entrypoint everywhere else.
    Command: entrypoint,
    Args: command,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: templateHash === undefined ? {} : { [labels.template]: templateHash },
    Init: init,
    StopSignal: stopSignal,
    StopGracePeriod: graceMs * nanosPerMs,
    User: user,
    Dir: workingDir,
  }
}
