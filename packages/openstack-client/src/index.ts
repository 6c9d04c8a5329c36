export { connect } from './connect.js'
export { Cloud, type WhoAmI } from './cloud.js'
export type { AuthOptions, ConnectOptions } from './config/connect-options.js'
export {
  isNotFound,
  OpenStackError,
  type OpenStackErrorCode,
  type OpenStackErrorFacts,
} from './openstack-error.js'
export { Secret } from './secrets/secret.js'
export { systemClock, type Clock } from './time/clock.js'
export { collect } from './resources/pages.js'
export { path } from './resources/path.js'
export type {
  ApiReply,
  ApiRequest,
  CallOptions,
  CallRecord,
  QueryValue,
  ServiceCalls,
  StreamBody,
} from './session/request.js'
export type { RetryOptions } from './http/retry.js'
export type { HttpRequest, HttpResponse, Send } from './http/http-types.js'
export type { Wait, WaitOptions } from './time/wait-for.js'
export type { CatalogService, Endpoint, EndpointInterface } from './catalog/catalog.js'
export {
  compareMicroversions,
  type KnownMicroversions,
  type MicroversionRange,
} from './discovery/microversion.js'
export type { Quota } from './resources/quota.js'
export type { Named } from './resources/find-one.js'
export { Collection, type Kind, type PageOptions } from './resources/collection.js'
export type { Fields } from './resources/fields.js'

export type { AvailabilityZone, Compute } from './compute/compute.js'
export type { Server, ServerAddress, ServerFault, ServerFlavor } from './compute/server.js'
export type { BlockDevice, ServerNic, ServerSpec } from './compute/server-spec.js'
export type { ServerFilter } from './compute/server-filter.js'
export type { CreatedServer, ServerChanges, Servers } from './compute/servers.js'
export type { RebuildSpec, ServerActions, SnapshotSpec } from './compute/server-actions.js'
export type {
  ServerAction,
  ServerActionEvent,
  ServerInsight,
  ServerInterface,
} from './compute/server-insight.js'
export type { ServerMetadata } from './compute/server-metadata.js'
export type { ServerTags } from './compute/server-tags.js'
export type { ServerDiagnostics } from './compute/diagnostics.js'
export type { Flavor, Flavors } from './compute/flavors.js'
export type { Keypair, Keypairs } from './compute/keypairs.js'
export type { GroupPolicy, ServerGroup, ServerGroups, ServerGroupSpec } from './compute/server-groups.js'
export type { ComputeLimits, Limit } from './compute/limits.js'

export type { Image, ImageFilter } from './image/image.js'
export type { Images, ImageSpec, UploadOptions } from './image/images.js'
export type { ImageSource, UploadProgress } from './image/upload-source.js'

export type { TaggedCollection } from './network/tagged-collection.js'
export type { IpAvailability, Network } from './network/network.js'
export type { NetworkFilter, NetworkModel, Networks, NetworkSpec } from './network/network-model.js'
export type { Subnet, SubnetChanges, SubnetFilter, Subnets, SubnetSpec } from './network/subnet.js'
export type { FixedIp, Port, PortChanges, PortFilter, Ports, PortSpec } from './network/port.js'
export type { Router, RouterChanges, RouterFilter, Routers, RouterSpec } from './network/router.js'
export type {
  SecurityGroup,
  SecurityGroupFilter,
  SecurityGroups,
  SecurityGroupSpec,
} from './network/security-group.js'
export type {
  SecurityGroupRule,
  SecurityGroupRuleFilter,
  SecurityGroupRules,
  SecurityGroupRuleSpec,
} from './network/security-group-rule.js'
export type {
  FloatingIp,
  FloatingIpChanges,
  FloatingIpFilter,
  FloatingIps,
  FloatingIpSpec,
} from './network/floating-ip.js'

export type { Inventory, Placement, ProviderFilter, ResourceProvider } from './placement/placement.js'

export type { LoadBalancing } from './load-balancer/load-balancing.js'
export type {
  LoadBalancer,
  LoadBalancerChanges,
  LoadBalancerFilter,
  LoadBalancers,
  LoadBalancerSpec,
} from './load-balancer/load-balancer.js'
export type {
  Listener,
  ListenerChanges,
  ListenerFilter,
  Listeners,
  ListenerSpec,
} from './load-balancer/listener.js'
export type { Pool, PoolChanges, PoolFilter, Pools, PoolSpec } from './load-balancer/pool.js'
export type { Member, MemberChanges, MemberFilter, MemberSpec } from './load-balancer/member.js'
export type { Members } from './load-balancer/members.js'
export type {
  HealthMonitor,
  HealthMonitorChanges,
  HealthMonitorFilter,
  HealthMonitors,
  HealthMonitorSpec,
} from './load-balancer/health-monitor.js'
