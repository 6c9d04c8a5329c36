import type { Server, ServerSpec } from '@flotilla/openstack-client'
import type { Context } from '../context.js'
import { ownTags, serverName, writeLabel, type Label } from '../labels.js'
import type { TemplateIds } from './template-ids.js'

/** What a server is made of beside the options. */
export interface SpecParts {
  readonly template: TemplateIds
  readonly label: Label
  readonly nics: NonNullable<Exclude<ServerSpec['networks'], string>>
  readonly hasTags: boolean
}

/** The body of the create call. */
export function serverSpec(
  { settings }: Pick<Context, 'settings'>,
  { template, label, nics, hasTags }: SpecParts,
): ServerSpec {
  const { template: given } = settings
  const { bootVolume, userData, securityGroups } = given
  const { imageId, flavor, serverGroupId } = template
  const boot =
    bootVolume === undefined
      ? { imageId }
      : {
          blockDevices: [
            {
              sourceType: 'image',
              destinationType: 'volume',
              sourceId: imageId,
              sizeGib: bootVolume.sizeGib,
              volumeType: bootVolume.volumeType,
              bootIndex: 0,
              deleteOnTermination: true,
            } as const,
          ],
        }
  return {
    name: serverName(label.group, label.token),
    flavorId: flavor.id,
    ...boot,
    ...(given.hasNoNetwork ? { networks: 'none' } : nics.length === 0 ? {} : { networks: nics }),
    keyName: given.keyName,
    ...(securityGroups.length === 0 ? {} : { securityGroups }),
    userData: userData === undefined ? undefined : Buffer.from(userData, 'base64'),
    configDrive: given.configDrive,
    availabilityZone: label.zone,
    serverGroupId,
    schedulerHints: given.schedulerHints,
    metadata: { ...given.metadata, ...writeLabel(label) },
    ...(hasTags ? { tags: [...ownTags(label.token), ...given.tags] } : {}),
    ...(hasTags && given.description !== undefined ? { description: given.description } : {}),
  }
}

/** A server that Nova has just accepted. Nova's answer has only the id. */
export const newServer = (id: string, { name, metadata = {} }: ServerSpec, now: number): Server => ({
  id,
  name,
  status: 'BUILD',
  taskState: undefined,
  vmState: undefined,
  powerState: undefined,
  fault: undefined,
  isDeleting: false,
  createdAt: now,
  updatedAt: undefined,
  launchedAt: undefined,
  metadata,
  tags: undefined,
  addresses: [],
  flavor: { id: undefined, name: undefined, vcpuCount: undefined, ramMib: undefined, diskGib: undefined },
  imageId: undefined,
  availabilityZone: undefined,
  keyName: undefined,
  securityGroups: [],
  serverGroupIds: undefined,
  volumeIds: [],
  hasConfigDrive: false,
  isLocked: undefined,
  description: undefined,
  projectId: undefined,
  userId: undefined,
  hostId: undefined,
  host: undefined,
  raw: {},
})
