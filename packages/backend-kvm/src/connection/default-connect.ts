import { connect, type Hypervisor } from '@flotilla/libvirt'

/** `@flotilla/libvirt`'s own client. It comes back by itself when its connection was lost. */
export async function defaultConnect(uri: string): Promise<Hypervisor> {
  return connect(uri)
}
