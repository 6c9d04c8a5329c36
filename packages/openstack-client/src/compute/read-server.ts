import type { Fields } from '../resources/fields.js'
import type { Server, ServerAddress, ServerFault, ServerFlavor } from './server.js'

/** Reads a server as Nova has it at any microversion. */
export function readServer(json: Fields): Server {
  const status = (json.text('status') ?? 'UNKNOWN').toUpperCase()
  const taskState = json.text('OS-EXT-STS:task_state')
  const vmState = json.text('OS-EXT-STS:vm_state')
  return {
    id: json.text('id') ?? '',
    name: json.text('name') ?? '',
    status,
    taskState,
    vmState,
    powerState: json.number('OS-EXT-STS:power_state'),
    fault: readFault(json.fields('fault')),
    isDeleting: isDeleting(status, taskState, vmState),
    createdAt: json.time('created'),
    updatedAt: json.time('updated'),
    launchedAt: json.time('OS-SRV-USG:launched_at'),
    metadata: json.textMap('metadata'),
    tags: json.raw['tags'] === undefined ? undefined : json.texts('tags'),
    addresses: readAddresses(json.fields('addresses')),
    flavor: readFlavor(json.fields('flavor')),
    imageId: json.fields('image').text('id'),
    availabilityZone: json.text('OS-EXT-AZ:availability_zone'),
    keyName: json.text('key_name'),
    securityGroups: json.list('security_groups').map((group) => group.text('name') ?? ''),
    serverGroupIds: json.raw['server_groups'] === undefined ? undefined : json.texts('server_groups'),
    volumeIds: json.list('os-extended-volumes:volumes_attached').map((volume) => volume.text('id') ?? ''),
    hasConfigDrive: json.flag('config_drive') ?? false,
    isLocked: json.flag('locked'),
    description: json.text('description'),
    projectId: json.text('tenant_id') ?? json.text('project_id'),
    userId: json.text('user_id'),
    hostId: json.text('hostId'),
    host: json.text('OS-EXT-SRV-ATTR:host'),
    raw: json.raw,
  }
}

const isDeleting = (status: string, taskState = '', vmState = ''): boolean =>
  /^(DELETED|SOFT_DELETED)$/.test(status) ||
  /^(deleting|soft-deleting)$/.test(taskState) ||
  /^(deleted|soft-delete)$/.test(vmState)

function readFault(json: Fields): ServerFault | undefined {
  const message = json.text('message')
  if (message === undefined) return undefined
  return {
    code: json.number('code'),
    message: message.trim(),
    details: json.text('details'),
    createdAt: json.time('created'),
  }
}

/** Reads the addresses of a server, by network; `/ips` says less of each. */
export function readAddresses(json: Fields): readonly ServerAddress[] {
  return Object.keys(json.raw).flatMap((network) =>
    json.list(network).map((entry) => {
      const kind = entry.text('OS-EXT-IPS:type')
      return {
        network,
        address: entry.text('addr') ?? '',
        version: entry.number('version') === 6 ? 6 : 4,
        kind: kind === 'fixed' || kind === 'floating' ? kind : undefined,
        macAddress: entry.text('OS-EXT-IPS-MAC:mac_addr'),
      }
    }),
  )
}

const readFlavor = (json: Fields): ServerFlavor => ({
  id: json.text('id'),
  name: json.text('original_name'),
  vcpuCount: json.number('vcpus'),
  ramMib: json.number('ram'),
  diskGib: json.number('disk'),
})
