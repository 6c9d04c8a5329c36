import { connect } from '../../src/connect.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { liveUri, uniqueName } from './live-kit.js'

/** A network of the test's own, without a way out. */
export async function startTestNetwork(): Promise<{ name: string; stop: () => Promise<void> }> {
  const connection: LibvirtConnection = await connect(liveUri)
  const name = uniqueName('net')
  const network = await connection.networkDefineXml(
    `<network><name>${name}</name><bridge name='${name.slice(-8)}br'/><ip address='10.211.55.1' netmask='255.255.255.0'>` +
      `<dhcp><range start='10.211.55.100' end='10.211.55.200'/></dhcp></ip></network>`,
  )
  await connection.networkCreate(network)
  return {
    name,
    async stop() {
      await connection.networkDestroy(network)
      await connection.networkUndefine(network)
      await connection.close()
    },
  }
}
