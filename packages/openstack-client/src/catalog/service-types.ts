/**
 * Official service types and the names they had before, newest first.
 *
 * @see https://service-types.openstack.org/ (the authority's list, as of 2026)
 */
const formerNames: Readonly<Record<string, readonly string[]>> = {
  alarm: ['alarming'],
  'application-container': ['container'],
  baremetal: ['bare-metal'],
  'block-storage': ['volumev3', 'volumev2', 'volume', 'block-store'],
  clustering: ['resource-cluster', 'cluster'],
  'container-infrastructure-management': ['container-infrastructure', 'container-infra'],
  event: ['events'],
  'instance-ha': ['ha'],
  message: ['messaging'],
  meter: ['metering', 'telemetry'],
  'resource-optimization': ['infra-optim'],
  'root-cause-analysis': ['rca'],
  'shared-file-system': ['sharev2', 'share'],
  workflow: ['workflowv2'],
}

const official = new Map(
  Object.entries(formerNames).flatMap(([type, names]) => names.map((name) => [name, type] as const)),
)

/** Names under which a catalogue may hold a service, the one asked for first. */
export function namesOfService(type: string): readonly string[] {
  const wanted = dashed(type)
  const known = officialType(wanted)
  return [...new Set([wanted, known, ...(formerNames[known] ?? [])])]
}

/** The official type for a type or a former name; an unknown name stays as it is. */
export const officialType = (type: string): string => official.get(dashed(type)) ?? dashed(type)

/** `load_balancer`, as files and variables write it. */
const dashed = (type: string): string => type.toLowerCase().replaceAll('_', '-')
