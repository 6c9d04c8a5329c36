/** virIPAddrType. */
export const addressFamily = (type: number): 'ipv4' | 'ipv6' => (type === 1 ? 'ipv6' : 'ipv4')
