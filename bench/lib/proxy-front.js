// Our proxy in a process of its own, in front of the port given as argument. Tells its own port to the parent.
import { proxy } from '@flotilla/balancer-proxy'

const front = proxy({ port: 0 })
const member = { id: 'worker', host: '127.0.0.1', port: Number(process.argv[2]) }
await front.sync([member], { signal: AbortSignal.timeout(5000) })
process.send?.({ port: front.address?.port })
process.once('disconnect', () => process.exit())
