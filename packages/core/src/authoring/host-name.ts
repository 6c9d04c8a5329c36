import { isIPv4, isIPv6 } from 'node:net'
import * as v from 'valibot'

const hostName =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i

/** The system reads a name whose last part is a number as an IPv4 address in short: `10.1` is 10.0.0.1. */
const endsInNumber = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i

/** Whether this is the name of a host, and nothing that a resolver would take for an address. */
export function isHostName(host: string): boolean {
  return hostName.test(host) && !endsInNumber.test(host)
}

/**
 * A host name or IP address, without brackets or port.
 *
 * @param zones - whether an IPv6 address may name its zone (`fe80::1%eth0`); default false
 */
export const hostCheck = ({ zones = false }: { readonly zones?: boolean } = {}): v.GenericSchema<string> => {
  const message = `a host name or IP address, without brackets${zones ? '' : ', zone'} or port`
  const isHost = (host: string): boolean =>
    isIPv4(host) || (isIPv6(host) && (zones || !host.includes('%'))) || isHostName(host)
  return v.pipe(v.string('a host name or IP address'), v.check(isHost, message))
}
