/** Bounds of libvirt's protocol. Source: remote_protocol.x and virnetprotocol.x of libvirt 9.0. */

/** REMOTE_STRING_MAX. */
export const stringMaxBytes: number = 4 * 1024 * 1024
/** VIR_NET_MESSAGE_MAX, with the length word. */
export const messageMaxBytes: number = 32 * 1024 * 1024
/** VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX: what every daemon takes in one packet of a stream. */
export const streamChunkBytes = 262_120
/** REMOTE_DOMAIN_LIST_MAX, and those of networks, pools and volumes. */
export const listMaxCount = 16_384
/** REMOTE_DOMAIN_MEMORY_STATS_MAX, REMOTE_DOMAIN_INTERFACE_MAX, REMOTE_DOMAIN_IP_ADDR_MAX, …: all that is small. */
export const smallListMaxCount = 2048
/** REMOTE_NETWORK_DHCP_LEASES_MAX. */
export const leaseMaxCount = 65_536
/** REMOTE_AUTH_TYPE_LIST_MAX. */
export const authTypeMaxCount = 20
