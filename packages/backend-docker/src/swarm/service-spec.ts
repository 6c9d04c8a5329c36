import { labels } from '../labels.js'
import type { ServiceTemplate, SwarmSettings } from './options.js'
import { serviceLabels, withTokens, type Token } from './service-labels.js'
import type { ServiceSpec } from './swarm-api.js'

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
 * @param mayRoll - brings our template in, where the service has an older one: Swarm then replaces task after task
 */
export function changedSpec(
  found: ServiceSpec,
  settings: SwarmSettings,
  { mayRoll, ...wanted }: Wanted & { readonly mayRoll: boolean },
): ServiceSpec {
  const { template } = settings
  const foundHash = found.Labels?.[labels.template]
  const isOutdated = mayRoll && template !== undefined && foundHash !== wanted.templateHash
  return {
    ...found,
    Labels: labelsOf({ ...found.Labels }, settings, {
      ...wanted,
      templateHash: isOutdated ? wanted.templateHash : foundHash,
    }),
    Mode: { Replicated: { Replicas: wanted.tokens.length } },
    ...(isOutdated ? templateFields(template, settings, wanted.templateHash) : {}),
  }
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
  const { port, address, endpointMode, cpus, memoryBytes, network, constraints, restart } = template
  const limits = {
    NanoCPUs: cpus === undefined ? undefined : Math.round(cpus * 1e9),
    MemoryBytes: memoryBytes,
  }
  return {
    TaskTemplate: {
      ContainerSpec: containerSpec(template, templateHash),
      Resources: { Limits: limits },
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
