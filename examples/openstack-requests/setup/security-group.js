import { collect, OpenStackError } from '@flotilla/openstack-client'
import { mark, ours } from './setup.js'

/**
 * @typedef {import('./setup.js').Setup} Setup
 * @typedef {import('@flotilla/openstack-client').SecurityGroupRule} Rule
 */

/**
 * A security group that lets the front in, and ssh where there is a key pair. One of the name that is not ours is used
 * as it is.
 *
 * @param {Setup} setup
 * @param {{ readonly cidr: string } | undefined} subnet
 */
export async function makeSecurityGroup({ cloud, settings, say, projectId }, subnet) {
  const { securityGroups, securityGroupRules } = cloud.network
  const { securityGroup: name } = settings
  const [found] = await collect(securityGroups.list({ name, projectId }))
  if (found !== undefined && found.description !== mark) {
    say(`security group ${name} is there already, and is used as it is`)
    return
  }
  const group = found ?? (await securityGroups.create({ name, description: mark }))
  const wanted = wantedRules(settings, subnet?.cidr)
  for (const rule of missingRules(group.rules, wanted)) {
    try {
      await securityGroupRules.create({ securityGroupId: group.id, ...rule })
    } catch (error) {
      // Another run of this was faster.
      if (!(error instanceof OpenStackError) || error.code !== 'conflict') throw error
    }
  }
  const lets = wanted.map((rule) => `port ${rule.portRangeMin} from ${rule.remoteIpPrefix}`)
  say(`security group ${name}: ${lets.join(', ')}`)
}

/**
 * By default the network's own addresses may come in; where servers have floating addresses, so that the front comes
 * from elsewhere, everybody may.
 *
 * @param {Pick<import('../settings.js').Settings, 'allowFrom' | 'floatingFrom' | 'keyName' | 'servicePort'>} settings
 * @param {string | undefined} subnetCidr
 */
export function wantedRules({ allowFrom, floatingFrom, keyName, servicePort }, subnetCidr) {
  const near = floatingFrom === undefined ? subnetCidr : undefined
  const remoteIpPrefix = allowFrom ?? near ?? '0.0.0.0/0'
  const ports = keyName === undefined ? [servicePort] : [servicePort, 22]
  return ports.map((port) => ({
    direction: /** @type {const} */ ('ingress'),
    etherType: remoteIpPrefix.includes(':') ? /** @type {const} */ ('IPv6') : /** @type {const} */ ('IPv4'),
    protocol: 'tcp',
    portRangeMin: port,
    portRangeMax: port,
    remoteIpPrefix,
  }))
}

/**
 * Those that the group does not have. Neutron may leave a prefix of everything out.
 *
 * @param {readonly Rule[]} there
 * @param {ReturnType<typeof wantedRules>} wanted
 */
export const missingRules = (there, wanted) =>
  wanted.filter(
    (rule) =>
      !there.some(
        (one) =>
          one.direction === rule.direction &&
          one.etherType === rule.etherType &&
          one.protocol === rule.protocol &&
          one.portRangeMin === rule.portRangeMin &&
          one.portRangeMax === rule.portRangeMax &&
          one.remoteGroupId === undefined &&
          (one.remoteIpPrefix ?? '0.0.0.0/0') === rule.remoteIpPrefix,
      ),
  )

/** @param {Setup} setup */
export async function removeSecurityGroup({ cloud, settings, say, projectId }) {
  const { securityGroups } = cloud.network
  const { securityGroup: name } = settings
  const group = ours(await collect(securityGroups.list({ name, projectId })), name)
  if (group === undefined) return
  await securityGroups.delete(group.id)
  say(`security group ${name} is gone`)
}
